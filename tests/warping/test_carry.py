"""The person carried before the background: no background inside of the head, and a background that goes on."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, fit_pose, head_of, remove_pose, rotation_matrix
from headcast.matting.traces import hidden_by
from headcast.pixels.sampling import torn
from headcast.types import Shot
from headcast.warping.carry import Carried, Carrier, complete, free_of, lacking_side, mirror_shot

GREEN = np.array([0, 255, 0], np.uint8)


@pytest.fixture(scope="module")
def carrier(shot: Shot) -> Carrier:
    """The sitter before a green wall, without any green in the person."""
    person = shot.image.copy()
    person[:, :, 1] = np.minimum(person[:, :, 0], person[:, :, 2])
    image = np.where(cv2.dilate(shot.matte, np.ones((9, 9)))[:, :, None] > 0.01, person, GREEN)
    return Carrier(Shot(image.astype(np.uint8), shot.landmarks, shot.matte))


def reveal(carrier: Carrier, *others: Shot) -> None:
    """Show a carrier other shots of its take."""
    mattes = [carrier(other.landmarks, head_of(other.landmarks)).matte for other in others]
    free = [free_of(Carrier(other).unknown, matte) for other, matte in zip(others, mattes, strict=True)]
    carrier.reveal([(other.image, each) for other, each in zip(others, free, strict=True)])


def carried(carrier: Carrier, shot: Shot, turn: tuple[float, float, float]) -> Carried:
    pose = fit_pose(shot.landmarks)
    turned = Pose(rotation_matrix(np.array(turn)) @ pose.rotation, pose.scale, pose.translation)
    landmarks = apply_pose(remove_pose(shot.landmarks, pose), turned)
    return carrier(landmarks, head_of(landmarks))


@pytest.mark.parametrize("turn", [(0.35, 0, 0), (-0.35, 0, 0), (0, 0.4, 0), (0, -0.4, 0), (0.25, 0.3, 0.1)])
def test_no_background_shows_through_between_face_and_hair(carrier: Carrier, shot: Shot, turn) -> None:
    result = carried(carrier, shot, turn)
    _, islands = cv2.connectedComponents((result.matte < 0.5).astype(np.uint8))
    sides = np.concatenate([islands[0], islands[-1], islands[:, 0], islands[:, -1]])
    assert (islands > 0).sum() > 5000
    assert (~np.isin(islands, sides)).sum() <= 5  # of 65,536 pixels


def test_a_gap_that_the_shot_has_stays_open(shot: Shot) -> None:
    """A slot beside the cheek through which the shot shows the wall."""
    cheek = shot.landmarks[shot.landmarks[:, 0].argmin(), :2].astype(int)
    slot = np.zeros((256, 256), bool)
    slot[cheek[1] - 12 : cheek[1] + 12, cheek[0] - 6 : cheek[0] - 1] = True
    image = np.where(slot[:, :, None], GREEN, shot.image).astype(np.uint8)
    matte = np.where(slot, np.float32(0), shot.matte)
    still = carried(Carrier(Shot(image, shot.landmarks, matte)), shot, (0, 0, 0))
    assert shot.matte[slot].mean() > 0.9
    assert still.matte[slot].mean() < 0.5, still.matte[slot].mean()


def test_other_shots_of_a_take_show_what_the_person_hides(shot: Shot) -> None:
    wall = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.float32), (0, 0), 4)
    wall = np.clip(128 + 8 * (wall - wall.mean()), 0, 255).astype(np.uint8)

    def before(wall: np.ndarray, shift: int) -> Shot:
        matte, person = (np.roll(picture, shift, axis=1) for picture in (shot.matte, shot.image))
        matte[:, :shift] = 0
        image = wall + matte[:, :, None] * (person.astype(np.float32) - wall)
        return Shot(image.astype(np.uint8), shot.landmarks + np.float32([shift, 0, 0]), matte)

    first, second, elsewhere = before(wall, 0), before(wall, 60), before(wall[::-1], 60)
    darker = replace(second, image=np.maximum(second.image, 2) - np.uint8(2))
    hidden = (hidden_by(first.image, first.matte) > 0) & (hidden_by(second.image, second.matte) == 0)
    hidden[130:] = False  # the shoulders follow the head by less
    driven = second.landmarks
    assert hidden.sum() > 2000

    def error(*others: Shot) -> float:
        carrier = Carrier(first)
        reveal(carrier, *others)
        return float(np.median(np.abs(carrier(driven, head_of(driven)).colour - wall)[hidden]))

    assert error(second) < 1 < 10 < error()
    assert error(darker) <= 1  # it is shown in the light of the first
    assert error(elsewhere) == error()  # the camera has moved: what was seen there is not what is here


def test_what_another_shot_overlooks_of_the_person_is_no_background(shot: Shot) -> None:
    """As an earring that is found in one shot only."""
    shift, place = 24, np.s_[110:150, 150:190]
    image, matte = np.full_like(shot.image, 128), np.zeros_like(shot.matte)
    matte[place] = 1
    image[place] = (40, 200, 90)
    moved, gone = np.roll(image, shift, axis=1), np.zeros_like(matte)
    for found in (np.roll(matte, shift, axis=1), gone):
        first = Carrier(Shot(image, shot.landmarks, matte))
        reveal(first, Shot(moved, shot.landmarks + np.float32([shift, 0, 0]), found))
        assert np.abs(first.background[place] - 128).max() < 20


def test_the_background_is_still_however_the_head_moves(carrier: Carrier, shot: Shot) -> None:
    one, other = (carried(carrier, shot, turn) for turn in ((0, 0.3, 0), (0.2, -0.2, 0.1)))
    np.testing.assert_array_equal(one.background, other.background)
    free = (one.matte == 0) & (other.matte == 0)
    assert free.sum() > 5000
    np.testing.assert_array_equal(one.colour[free], other.colour[free])


def test_a_shot_carried_nowhere_is_itself(carrier: Carrier, shot: Shot) -> None:
    result = carrier(shot.landmarks, head_of(shot.landmarks))
    assert np.median(np.abs(result.person - Carrier(shot)(shot.landmarks, carrier.head).person)) < 30
    own = Carrier(shot)(shot.landmarks, carrier.head)
    inside = own.matte > 0.99
    assert np.abs(own.colour - shot.image)[inside].mean() < 1.5


def test_a_mirrored_shot_is_its_own_mirror_image(shot: Shot) -> None:
    mirrored = mirror_shot(shot)
    np.testing.assert_array_equal(mirrored.image[:, ::-1], shot.image)
    np.testing.assert_allclose(mirror_shot(mirrored).landmarks, shot.landmarks, atol=1e-3)
    turn, back = (float(fit_pose(each.landmarks).rotation[2, 0]) for each in (shot, mirrored))
    assert abs(turn + back) < 0.03


def test_the_mirrored_shot_shows_only_what_the_shot_does_not_of_the_face(carrier: Carrier, shot: Shot) -> None:
    own = carrier(shot.landmarks, carrier.head)
    grid = own.grid
    trusted = grid.trusted.copy()
    trusted[:, :128] = 0
    blind = replace(own, grid=replace(grid, trusted=trusted))
    mirrored = replace(own, person=np.full_like(own.person, 255), matte=np.ones_like(own.matte))
    result = complete(blind, mirrored, lacking_side(blind, mirrored))
    face = grid.triangles >= 0
    seen = cv2.erode((face & (grid.trusted > 0.9)).astype(np.uint8), np.ones((9, 9))) > 0
    left, right = seen.copy(), seen.copy()
    left[:, 120:] = right[:, :136] = False
    assert left.sum() > 200
    assert result.person[left].min() > 250
    np.testing.assert_array_equal(result.person[right], own.person[right])
    np.testing.assert_array_equal(result.person[~face], own.person[~face])  # hair is not the same on both sides
    np.testing.assert_array_equal(result.matte, own.matte)


def test_what_is_only_drawn_together_is_not_torn() -> None:
    places = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), -1).astype(np.float32)
    places[:, :, 0] += 1.5 * np.maximum(places[:, :, 0] - 8, 0)
    assert torn(places).max() == 0


@pytest.mark.parametrize("turn", [-0.4, 0.4])
def test_the_outline_of_a_turned_cheek_has_no_steps(carrier: Carrier, shot: Shot, turn: float) -> None:
    """From row to row the cheek's end before the wall moves on by parts of a pixel, and it is still an edge."""
    result = carried(carrier, shot, (0, turn, 0))
    face = result.grid.triangles >= 0
    matte, face = (each if turn > 0 else each[:, ::-1] for each in (result.matte, face))
    starts = face.argmax(1) - 6
    rows = [y for y in np.flatnonzero(face.any(1)) if matte[y, starts[y]] < 0.05]
    profiles = [matte[y, starts[y] : starts[y] + 13] for y in rows]
    ends = starts[rows] + [np.interp(0.5, profile, np.arange(13)) for profile in profiles]
    assert len(rows) > 60
    assert np.abs(np.diff(ends, 2))[10:-10].mean() < 0.05  # with steps 0.07 and 0.17
    assert np.median([((profile > 0.1) & (profile < 0.9)).sum() for profile in profiles]) <= 3


def test_surfaces_are_torn_where_their_places_jump() -> None:
    places = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), -1).astype(np.float32)
    assert torn(places).max() == 0
    places[:, 10:, 0] += 9
    found = torn(places)
    assert found[:, 9].min() > 0.3
    assert found[:, :7].max() == found[:, 13:].max() == 0
