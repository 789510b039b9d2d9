"""Close-ups of eyes against the photo that they are cut from."""

import cv2
import numpy as np
import pytest

from headcast.close_ups.crop import CROP_SCALE, cut, moved, scaled
from headcast.close_ups.eye_crop import CROP_SIZE, MAPS, EyeCropper, shot_crops
from headcast.geometry.contact import OPENINGS, set_openings
from headcast.geometry.pose import (
    CONTROLS,
    apply_pose,
    change_expression,
    fit_pose,
    measure_controls,
    remove_pose,
    rotation_matrix,
)
from headcast.geometry.topology import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from headcast.types import Image, Landmarks, Shot
from headcast.warping.warp import Warper

VALIDITY, INSIDE, CHANGE, IRIS = (MAPS.index(n) for n in ("validity", "eye_inside", "opening_change", "iris"))
SIDES = ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS))


@pytest.fixture(scope="module")
def photo(shot: Shot) -> Image:
    """The shot's square at twice its size, with detail that the shot has not."""
    large = cv2.resize(shot.image, (512, 512), interpolation=cv2.INTER_CUBIC).astype(int)
    rows, columns = np.indices((512, 512))
    return np.clip(large + 12 * ((rows + columns) % 4 < 2)[:, :, None] - 6, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def cropper(shot: Shot, photo: Image) -> EyeCropper:
    return EyeCropper([shot], photo)


def changed(
    landmarks: Landmarks, lids: float | None = None, gaze: float = 0.0, turn: tuple[float, float, float] = (0, 0, 0)
) -> Landmarks:
    pose = fit_pose(landmarks)
    change = np.zeros(len(CONTROLS))
    change[CONTROLS.index("gaze_x")] = gaze
    face = change_expression(remove_pose(landmarks, pose), change)
    openings = measure_controls(face)[list(OPENINGS)]
    if lids is not None:
        openings[1:] = lids
    face = set_openings(face, openings)
    turned = type(pose)(rotation_matrix(np.array(turn, float)) @ pose.rotation, pose.scale, pose.translation)
    return apply_pose(face, turned)


def test_a_shot_that_does_not_move_shows_the_photo_with_its_detail(
    shot: Shot, photo: Image, cropper: EyeCropper
) -> None:
    for crop in cropper(Warper(shot)(shot.landmarks)):
        true = cut(photo, crop.to_crop, CROP_SIZE).astype(float)
        error = np.abs(crop.conditioning.warped - true)
        assert np.median(error) < 3
        small = cv2.resize(cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA), (512, 512))
        assert error.mean() < 0.7 * np.abs(cut(small, crop.to_crop, CROP_SIZE) - true).mean()


@pytest.mark.parametrize("turn", [(0, 0, 0), (0, 0.4, 0.3), (0.2, -0.3, -0.5)])
def test_both_eyes_look_like_right_ones_of_one_size(shot: Shot, cropper: EyeCropper, turn: tuple) -> None:
    landmarks = changed(shot.landmarks, turn=turn)
    pose = fit_pose(scaled(landmarks, 2))
    for crop, (ring, _), way in zip(cropper(Warper(shot)(landmarks)), SIDES, (1, -1), strict=True):
        assert np.linalg.det(crop.to_crop[:, :2]) * way > 0
        assert np.linalg.norm(crop.to_crop[0, :2]) * pose.scale == pytest.approx(CROP_SCALE, rel=0.02)
        eye = moved(scaled(landmarks, 2), crop.to_crop)[list(ring), :2]
        assert eye.min() > 8 and (eye < np.array(CROP_SIZE) - 8).all()
        assert eye[0, 0] < eye[8, 0]  # the outer corner stands on the left


@pytest.mark.parametrize("gaze", [-0.06, 0.0, 0.06])
def test_the_map_of_the_iris_says_where_it_is_and_how_large(shot: Shot, cropper: EyeCropper, gaze: float) -> None:
    landmarks = changed(shot.landmarks, gaze=gaze)
    for crop, (_, (centre, *rim)) in zip(cropper(Warper(shot)(landmarks)), SIDES, strict=True):
        iris = crop.conditioning.maps[:, :, IRIS]
        places = moved(scaled(landmarks, 2), crop.to_crop)[:, :2]
        rows, columns = np.indices(iris.shape)
        middle = np.array([(columns * iris).sum(), (rows * iris).sum()]) / iris.sum()
        np.testing.assert_allclose(middle, places[centre], atol=0.3)
        radius = np.linalg.norm(places[rim] - places[centre], axis=1).mean()
        assert (iris > 0.5).sum() == pytest.approx(np.pi * radius**2, rel=0.1)


def test_what_lids_hid_is_not_valid_and_the_change_of_opening_is_told(shot: Shot, photo: Image) -> None:
    closed, open_ = changed(shot.landmarks, lids=0.0), changed(shot.landmarks, lids=0.2)
    hidden = EyeCropper([Shot(shot.image, closed, shot.matte)], photo)
    for crop in hidden(Warper(Shot(shot.image, closed, shot.matte))(open_)):
        maps = crop.conditioning.maps
        assert maps[maps[:, :, INSIDE] > 0.9][:, VALIDITY].mean() < 0.2
        assert maps[maps[:, :, INSIDE] == 0][:, VALIDITY].min() == 1
        assert maps[:, :, CHANGE].min() > 0.9
    for crop in EyeCropper([shot], photo)(Warper(shot)(closed)):
        assert crop.conditioning.maps[:, :, INSIDE].max() == 0
        assert crop.conditioning.maps[:, :, CHANGE].max() < 0.4


@pytest.mark.parametrize("lids", [0.0, 0.18])
def test_only_lids_and_eye_may_be_painted(shot: Shot, cropper: EyeCropper, lids: float) -> None:
    landmarks = changed(shot.landmarks, lids=lids)
    for crop, (ring, _) in zip(cropper(Warper(shot)(landmarks)), SIDES, strict=True):
        places = np.round(moved(scaled(landmarks, 2), crop.to_crop)[list(ring), :2]).astype(int)
        assert crop.mask[places[:, 1], places[:, 0]].min() > 0.9
        assert crop.mask[[0, -1]].max() < 0.05 and crop.mask[:, [0, -1]].max() < 0.05
        assert np.abs(np.diff(crop.mask, axis=1)).max() < 0.25


def test_a_large_photo_gives_the_same_close_up_as_a_small_one(shot: Shot) -> None:
    large = np.asarray(cv2.resize(shot.image, (1500, 1500), interpolation=cv2.INTER_CUBIC), np.uint8)
    middle = np.asarray(cv2.resize(shot.image, (700, 700), interpolation=cv2.INTER_CUBIC), np.uint8)
    warped = Warper(shot)(changed(shot.landmarks, lids=0.05, gaze=0.03))
    for one, other in zip(EyeCropper([shot], large)(warped), EyeCropper([shot], middle)(warped), strict=True):
        assert np.abs(one.conditioning.warped.astype(int) - other.conditioning.warped).mean() < 2
        np.testing.assert_allclose(one.mask, other.mask, atol=0.2)


def test_the_embedder_reads_both_eyes_of_a_shot_at_any_size(shot: Shot) -> None:
    large = np.asarray(cv2.resize(shot.image, (512, 512), interpolation=cv2.INTER_LINEAR), np.uint8)
    small, twice = shot_crops(shot.image, shot.landmarks), shot_crops(large, scaled(shot.landmarks, 2))
    assert len(small) == 2
    for (picture, lines), (other, other_lines) in zip(small, twice, strict=True):
        assert np.abs(picture.astype(int) - other).mean() < 2
        assert np.abs(lines.astype(int) - other_lines).max() <= 40
