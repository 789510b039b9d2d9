"""The person carried before the background: no background inside of the head, and a background that goes on."""

import cv2
import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, fit_pose, head_of, remove_pose, rotation_matrix
from headcast.types import Shot
from headcast.warping.carry import Carried, Carrier, continue_around, fill_from_around, soft_outline

GREEN = np.array([0, 255, 0], np.uint8)


@pytest.fixture(scope="module")
def carrier(shot: Shot) -> Carrier:
    """The sitter before a green wall, without any green in the person."""
    person = shot.image.copy()
    person[:, :, 1] = np.minimum(person[:, :, 0], person[:, :, 2])
    image = np.where(cv2.dilate(shot.matte, np.ones((9, 9)))[:, :, None] > 0.01, person, GREEN)
    return Carrier(Shot(image.astype(np.uint8), shot.landmarks, shot.matte))


def carried(carrier: Carrier, shot: Shot, turn: tuple[float, float, float]) -> Carried:
    pose = fit_pose(shot.landmarks)
    turned = Pose(rotation_matrix(np.array(turn)) @ pose.rotation, pose.scale, pose.translation)
    landmarks = apply_pose(remove_pose(shot.landmarks, pose), turned)
    return carrier(landmarks, head_of(landmarks))


@pytest.mark.parametrize("turn", [(0.35, 0, 0), (-0.35, 0, 0), (0, 0.4, 0), (0, -0.4, 0), (0.25, 0.3, 0.1)])
def test_no_background_shows_through_between_face_and_hair(carrier: Carrier, shot: Shot, turn) -> None:
    result = carried(carrier, shot, turn)
    green = result.colour[:, :, 1] - np.maximum(result.colour[:, :, 0], result.colour[:, :, 2]) > 25
    _, islands = cv2.connectedComponents(green.astype(np.uint8))
    sides = np.concatenate([islands[0], islands[-1], islands[:, 0], islands[:, -1]])
    assert (islands > 0).sum() > 5000
    assert (~np.isin(islands, sides)).sum() <= 5  # of 65,536 pixels


def test_other_shots_of_a_take_show_what_the_person_hides(shot: Shot) -> None:
    wall = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.float32), (0, 0), 4)
    wall = np.clip(128 + 8 * (wall - wall.mean()), 0, 255).astype(np.uint8)

    def before(wall: np.ndarray, shift: int) -> Shot:
        matte, person = (np.roll(picture, shift, axis=1) for picture in (shot.matte, shot.image))
        matte[:, :shift] = 0
        image = wall + matte[:, :, None] * (person.astype(np.float32) - wall)
        return Shot(image.astype(np.uint8), shot.landmarks + np.float32([shift, 0, 0]), matte)

    first, second, elsewhere = before(wall, 0), before(wall, 60), before(wall[::-1], 60)
    hidden = (soft_outline(first.matte) > 0.02) & (soft_outline(second.matte) == 0)
    hidden[130:] = False  # the shoulders follow the head by less
    driven = second.landmarks
    assert hidden.sum() > 2000

    def error(*others: Shot) -> float:
        carrier = Carrier(first)
        carrier.reveal([Carrier(other) for other in others])
        return float(np.median(np.abs(carrier(driven, head_of(driven)).colour - wall)[hidden]))

    assert error(second) < 1 < 10 < error()
    assert error(elsewhere) == error()  # the camera has moved: what was seen there is not what is here


def test_the_outline_reaches_a_little_beyond_the_matte() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[40:60, 40:60] = 1
    outline = soft_outline(matte)
    assert (outline >= matte).all()
    assert outline[50, 61] > 0.5
    assert outline[50, :30].max() == outline[50, 70:].max() == 0
    np.testing.assert_array_equal(soft_outline(np.zeros_like(matte)), 0)


def test_a_pattern_goes_on_behind_the_person() -> None:
    """Stripes that are their own mirror image at the edge continue; what is known stays."""
    columns = np.arange(128)
    image = (
        np.repeat((127 + 100 * np.cos(2 * np.pi * columns / 16))[None, :, None], 128, 0).repeat(3, 2).astype(np.uint8)
    )
    hidden = np.zeros((128, 128), np.float32)
    hidden[:, 57:90] = 1  # the nearest known columns, 56 and 90, lie beside a crest and a flank
    spoilt = np.where(hidden[:, :, None] > 0, 255, image).astype(np.uint8)
    filled, blurred = continue_around(spoilt, hidden), fill_from_around(spoilt, 1 - hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    beside = (slice(20, 108), slice(57, 69))
    assert np.abs(filled[beside] - image[beside]).mean() < 0.5 * np.abs(blurred[beside] - image[beside]).mean()


@pytest.mark.parametrize("hidden", [0.0, 1.0])
def test_all_or_nothing_hidden(hidden: float) -> None:
    image = np.full((32, 32, 3), 70, np.uint8)
    filled = continue_around(image, np.full((32, 32), hidden, np.float32))
    assert np.isfinite(filled).all() and (hidden or np.abs(filled - 70).max() < 1)


def test_filling_keeps_what_is_known_and_continues_it() -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (70, 45, 3)).astype(np.uint8)
    known = (random.random((70, 45)) < 0.5).astype(np.float32)
    filled = fill_from_around(image, known)
    np.testing.assert_array_equal(filled[known == 1], image[known == 1])
    assert filled.min() >= 0
    assert filled.max() <= 255.01


def test_filling_in_a_wall_of_one_colour_gives_that_colour() -> None:
    image = np.full((64, 64, 3), (40, 90, 200), np.uint8)
    known = np.ones((64, 64), np.float32)
    known[20:50, 10:60] = 0
    image[known == 0] = 255
    np.testing.assert_allclose(fill_from_around(image, known), np.full((64, 64, 3), (40, 90, 200)), atol=1)


def test_filling_stays_between_its_two_sides() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 40:] = 200
    known = np.ones((64, 64), np.float32)
    known[:, 24:40] = 0
    row = fill_from_around(image, known)[32, :, 0]
    assert (np.diff(row[23:41]) > -3).all()
    assert row[24] < 70 < 130 < row[39]


def test_a_picture_with_nothing_known_is_filled_without_trouble() -> None:
    filled = fill_from_around(np.full((32, 32, 3), 9, np.uint8), np.zeros((32, 32), np.float32))
    assert np.isfinite(filled).all()
