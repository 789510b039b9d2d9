"""The warped shot against the photo it came from, and the maps against what they say."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from headcast.geometry.contact import set_openings
from headcast.geometry.pose import Pose, apply_pose, fit_pose, measure_controls, remove_pose, rotation_matrix
from headcast.geometry.topology import FACE_OVAL, INNER_LIPS
from headcast.types import CONDITIONING_MAPS, Landmarks, Shot
from headcast.warping.draw import draw_landmark_image
from headcast.warping.warp import WarpedShot, Warper, skull_coordinates


def at(result: WarpedShot, name: str) -> np.ndarray:
    """One conditioning map by its name."""
    return result.conditioning.maps[:, :, CONDITIONING_MAPS.index(name)]


def changed(shot: Shot, turn: tuple[float, float, float] = (0, 0, 0), openings: object = None) -> Landmarks:
    """The shot's landmarks with the head turned, or lips and lids opened as told."""
    pose = fit_pose(shot.landmarks)
    face = remove_pose(shot.landmarks, pose)
    if openings is not None:
        face = set_openings(face, np.array(openings))
    return apply_pose(face, Pose(rotation_matrix(np.array(turn)) @ pose.rotation, pose.scale, pose.translation))


@pytest.fixture(scope="module")
def warper(shot: Shot) -> Warper:
    return Warper(shot)


@pytest.fixture(scope="module")
def still(warper: Warper, shot: Shot) -> WarpedShot:
    return warper(shot.landmarks)


def test_at_rest_the_person_is_the_photo(still: WarpedShot, shot: Shot) -> None:
    difference = np.abs(still.conditioning.warped.astype(int) - shot.image).max(-1)
    person = (shot.matte > 0.999) & (at(still, "matte") > 0.999)
    sure = person & (at(still, "mouth_inside") == 0) & (at(still, "eyes_inside") == 0)
    assert sure.sum() > 0.9 * person.sum()
    assert np.percentile(difference[sure], 99.5) <= 2
    assert difference[sure].mean() < 0.6  # it is read between the pixels of a finer one, and rounded twice
    shown = difference[person & (at(still, "validity") > 0.99)]  # inside of mouth and eyes, where shown
    assert np.percentile(shown, 99.5) <= 2
    assert np.abs(at(still, "matte") - shot.matte).mean() < 0.03
    assert person.sum() > 0.95 * (shot.matte > 0.999).sum()


def test_the_background_far_from_the_person_stays_when_the_head_turns(
    warper: Warper, still: WarpedShot, shot: Shot
) -> None:
    for turn in ((0, 0.35, 0), (0.2, -0.3, 0.1)):
        result = warper(changed(shot, turn))
        person = np.max([shot.matte, at(still, "matte"), at(result, "matte")], axis=0)
        far = cv2.dilate(person, np.ones((25, 25))) == 0
        assert far.mean() > 0.1
        np.testing.assert_array_equal(result.conditioning.warped[far], shot.image[far])
        assert (at(result, "validity")[far] == 1).all()


def test_the_face_moves_with_its_landmarks(warper: Warper, shot: Shot) -> None:
    shift = np.array([9, 5, 0], np.float32)
    result = warper(shot.landmarks + shift)
    before, after = np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.uint8)
    oval = np.round(shot.landmarks[list(FACE_OVAL), :2]).astype(int)
    cv2.fillPoly(before, [oval], (1,))
    cv2.fillPoly(after, [oval + np.array([9, 5])], (1,))
    difference = np.abs(result.conditioning.warped[after > 0].astype(int) - shot.image[before > 0])
    assert np.percentile(difference, 90) <= 3


def test_the_maps_stand_in_their_order_and_range(warper: Warper, shot: Shot) -> None:
    result = warper(changed(shot, (0.1, 0.3, 0), (0.3, 0.1, 0.2)))
    conditioning = result.conditioning
    assert conditioning.maps.shape == (256, 256, len(CONDITIONING_MAPS))
    assert conditioning.maps.dtype == np.float32
    assert conditioning.maps.min() >= 0
    assert conditioning.maps.max() <= 1
    assert conditioning.warped.dtype == np.uint8
    landmarks = changed(shot, (0.1, 0.3, 0), (0.3, 0.1, 0.2))
    np.testing.assert_array_equal(conditioning.landmark_image, draw_landmark_image(landmarks, 256))
    lips_x, lips_y = landmarks[list(INNER_LIPS), :2].mean(0).round().astype(int)
    assert at(result, "mouth_inside")[lips_y, lips_x] > 0.9
    assert at(result, "mouth_inside").sum() < 0.05 * 256**2
    for iris in (468, 473):
        x, y = landmarks[iris, :2].round().astype(int)
        assert at(result, "eyes_inside")[y, x] > 0.5
        assert at(result, "mouth_inside")[y, x] == 0
    nose_x, nose_y = landmarks[4, :2].round().astype(int)
    assert at(result, "matte")[nose_y, nose_x] > 0.99
    assert (result.carried <= result.grid.trusted + 1e-6).all()


def test_a_mouth_that_the_photo_does_not_show_is_not_valid(warper: Warper, shot: Shot) -> None:
    closed = changed(shot, openings=(0, 0.15, 0.15))
    wide = changed(shot, openings=(0.4, 0.15, 0.15))
    drawn = Warper(Shot(warper(closed).conditioning.warped, closed, shot.matte))(wide)
    inside = at(drawn, "mouth_inside") > 0.99
    assert inside.sum() > 300
    assert at(drawn, "validity")[inside].max() == 0
    assert drawn.carried[inside].max() < 0.01
    shown = warper(wide)  # the smile shows teeth: some of the mouth is the photo's own
    assert at(shown, "validity")[inside].max() > 0.99


def test_opening_change_says_how_much_mouth_and_eyes_opened(warper: Warper, shot: Shot, still: WarpedShot) -> None:
    np.testing.assert_allclose(at(still, "opening_change"), 0.5, atol=1e-5)
    pose = fit_pose(shot.landmarks)
    before = measure_controls(remove_pose(shot.landmarks, pose))
    landmarks = changed(shot, openings=(before[0] + 0.2, 0, before[5]))  # a wider mouth, the right eye shut
    change = at(warper(landmarks), "opening_change")
    places = {
        name: landmarks[number, :2].round().astype(int) for name, number in (("lips", 14), ("r", 159), ("l", 386))
    }
    values = {name: change[y, x] for name, (x, y) in places.items()}
    assert values["lips"] == pytest.approx(0.5 + 1.25 * 0.2, abs=0.02)
    assert values["r"] == pytest.approx(0.5 - 2 * 1.25 * before[4], abs=0.02)
    assert values["l"] == pytest.approx(0.5, abs=0.02)


def test_skull_coordinates_are_fixed_to_the_head(shot: Shot) -> None:
    pose = fit_pose(shot.landmarks)
    coordinates = skull_coordinates(pose, 256)
    x, y = np.round(pose.translation[:2]).astype(int)
    np.testing.assert_allclose(coordinates[y, x], 0.5, atol=0.05)
    assert (np.diff(coordinates[y, :, 0]) >= 0).all()
    step = np.array([11.0, -6.0, 0.0])
    there = skull_coordinates(Pose(pose.rotation, pose.scale, pose.translation + step), 256)
    np.testing.assert_allclose(there[40:200, 40:200], coordinates[46:206, 29:189], atol=1e-5)
    larger = skull_coordinates(Pose(pose.rotation, 2 * pose.scale, 2 * pose.translation), 512)
    np.testing.assert_allclose(larger[::2, ::2], coordinates, atol=1e-5)


def test_no_crack_lets_the_background_through_the_head(shot: Shot) -> None:
    """A grey person before green: along chin, cheeks and temples nothing may turn green, and eight pixels a little."""
    person = cv2.dilate(shot.matte, np.ones((5, 5))) > 0
    image = np.where(person[:, :, None], np.uint8([150, 150, 150]), np.uint8([0, 255, 0])).astype(np.uint8)
    grey = Warper(Shot(image, shot.landmarks, shot.matte))
    well_within = cv2.erode(person.astype(np.uint8), np.ones((25, 25)))
    for turn in ((0, 0, 0), (0, 0.12, 0), (0, -0.12, 0), (0.1, 0, 0), (-0.1, 0, 0.1)):
        for gap in (0.0, 0.15, 0.35):
            landmarks = changed(shot, turn, (gap, 0.15, 0.15))
            result = grey(landmarks)
            face = np.zeros((256, 256), np.uint8)
            cv2.fillPoly(face, [landmarks[list(FACE_OVAL), :2].round().astype(int)], (1,))
            face[at(result, "mouth_inside") + at(result, "eyes_inside") > 0] = 0
            seam = cv2.dilate(face, np.ones((3, 3))) * well_within > 0
            red, green, _ = result.conditioning.warped[seam].astype(int).T
            assert seam.sum() > 5000
            assert (green - red > 60).sum() == 0 and (green - red > 20).sum() <= 8, (turn, gap)  # a tint at most


def test_small_steps_of_the_landmarks_make_small_steps_of_the_picture(warper: Warper, shot: Shot) -> None:
    """A twentieth of a turn at a time: no frame jumps, as painting in the wrong order would make it."""
    frames = [warper(changed(shot, (0, turn, 0))).conditioning.warped.astype(int) for turn in np.linspace(0, 0.2, 21)]
    steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
    assert max(steps) < 3 * np.median(steps)
