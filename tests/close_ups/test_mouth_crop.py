"""Close-ups of mouths against the photo that they are cut from."""

import cv2
import numpy as np
import pytest

from headcast.close_ups.crop import CROP_SCALE, cut, moved, scaled
from headcast.close_ups.mouth_crop import CROP_SIZE, MAPS, MouthCropper, place_crop, shot_crops
from headcast.data.episodes import resize_landmarks
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, measure_controls, remove_pose, rotation_matrix
from headcast.geometry.topology import INNER_LIPS, OUTER_LIPS
from headcast.types import Image, Landmarks, Shot
from headcast.warping.warp import Warper

VALIDITY, INSIDE = (MAPS.index(name) for name in ("validity", "mouth_inside"))


@pytest.fixture(scope="module")
def photo(shot: Shot) -> Image:
    """The shot's square at twice its size, with detail that the shot has not."""
    large = cv2.resize(shot.image, (512, 512), interpolation=cv2.INTER_CUBIC).astype(int)
    rows, columns = np.indices((512, 512))
    return np.clip(large + 12 * ((rows + columns) % 4 < 2)[:, :, None] - 6, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def cropper(shot: Shot, photo: Image) -> MouthCropper:
    return MouthCropper([shot], photo)


def opened(landmarks: Landmarks, gap: float, turn: tuple[float, float, float] = (0, 0, 0)) -> Landmarks:
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    face = set_openings(face, np.array([gap, *measure_controls(face)[4:6]]))
    turned = type(pose)(rotation_matrix(np.array(turn, float)) @ pose.rotation, pose.scale, pose.translation)
    return apply_pose(face, turned)


def test_a_shot_that_does_not_move_shows_the_photo_with_its_detail(
    shot: Shot, photo: Image, cropper: MouthCropper
) -> None:
    (crop,) = cropper(Warper(shot)(shot.landmarks))
    true = cut(photo, crop.to_crop, CROP_SIZE).astype(float)
    outside = crop.conditioning.maps[:, :, INSIDE] == 0
    error = np.abs(crop.conditioning.warped - true)[outside]
    assert np.median(error) < 3
    blurred = cut(
        cv2.resize(cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA), (512, 512)), crop.to_crop, CROP_SIZE
    )
    assert error.mean() < 0.7 * np.abs(blurred - true)[outside].mean()  # what the 256 pixels lack is there


@pytest.mark.parametrize("turn", [(0, 0, 0), (0, 0.4, 0.3), (0.2, -0.3, -0.5)])
def test_eye_distances_have_one_length_and_direction_and_the_lips_fit(shot: Shot, turn: tuple) -> None:
    landmarks = opened(shot.landmarks, 0.2, turn)
    pose = fit_pose(landmarks)
    to_crop = place_crop(landmarks, pose)
    scale = np.linalg.norm(to_crop[0, :2])
    across = to_crop[:, :2] @ pose.rotation[:2, 0]
    assert across[1] == pytest.approx(0, abs=1e-6) and across[0] > 0
    assert scale * pose.scale == pytest.approx(CROP_SCALE)
    lips = landmarks[list(OUTER_LIPS), :2] @ to_crop[:, :2].T + to_crop[:, 2]
    assert lips.min() > 5 and (lips < np.array(CROP_SIZE) - 5).all()


def test_a_mouth_too_wide_for_the_close_up_is_shown_smaller(shot: Shot) -> None:
    landmarks = opened(shot.landmarks, 1.2)
    to_crop = place_crop(landmarks, fit_pose(landmarks))
    scale = np.linalg.norm(to_crop[0, :2])
    lips = landmarks[list(OUTER_LIPS), :2] @ to_crop[:, :2].T + to_crop[:, 2]
    assert scale * fit_pose(landmarks).scale < CROP_SCALE
    assert lips.min() > 5 and (lips < np.array(CROP_SIZE) - 5).all()


def test_teeth_of_the_photo_are_shown_and_nothing_of_closed_lips(
    shot: Shot, photo: Image, cropper: MouthCropper
) -> None:
    maps = cropper(Warper(shot)(opened(shot.landmarks, 0.2)))[0].conditioning.maps  # the astronaut smiles with teeth
    inside = maps[:, :, INSIDE] > 0.9
    assert maps[inside][:, VALIDITY].max() > 0.9
    closed = opened(shot.landmarks, 0.0)
    shut = Shot(shot.image, closed, shot.matte)
    (crop,) = MouthCropper([shut], photo)(Warper(shut)(opened(shot.landmarks, 0.2)))
    maps = crop.conditioning.maps
    assert maps[maps[:, :, INSIDE] > 0.9][:, VALIDITY].max() < 0.1  # the rim of a lip that covers a pixel in part
    assert maps[maps[:, :, INSIDE] == 0][:, VALIDITY].min() == 1


def test_of_several_shots_only_mouths_of_about_the_same_opening_show_their_teeth(shot: Shot, photo: Image) -> None:
    own = measure_controls(remove_pose(shot.landmarks, fit_pose(shot.landmarks)))[0]
    cropper = MouthCropper([shot, shot], photo)
    shown = []
    for times in (1.0, 1.9, 3.5):  # logarithms 0, 0.64, 1.25
        maps = cropper(Warper(shot, others=[shot])(opened(shot.landmarks, times * own)))[0].conditioning.maps
        shown.append(maps[maps[:, :, INSIDE] > 0.9][:, VALIDITY].max())
    assert shown[0] > 0.99 and shown[1] > 0.99 and shown[2] < 0.1  # the rim


def test_only_what_is_between_the_lips_and_a_little_beside_may_be_painted(shot: Shot, cropper: MouthCropper) -> None:
    landmarks = opened(shot.landmarks, 0.2)
    (crop,) = cropper(Warper(shot)(landmarks))
    mask = crop.mask
    places = np.round(moved(scaled(landmarks, 2), crop.to_crop)[list(INNER_LIPS), :2]).astype(int)
    assert mask[places[:, 1], places[:, 0]].min() > 0.9
    assert mask.mean() < 0.2
    assert mask[[0, -1]].max() < 0.05 and mask[:, [0, -1]].max() < 0.05
    assert np.abs(np.diff(mask, axis=1)).max() < 0.3


def test_a_larger_picture_gives_the_same_close_up(shot: Shot) -> None:
    large = np.asarray(cv2.resize(shot.image, (512, 512), interpolation=cv2.INTER_LINEAR), np.uint8)
    ((small_crop, small_lines),) = shot_crops(shot.image, shot.landmarks)
    ((large_crop, large_lines),) = shot_crops(large, scaled(shot.landmarks, 2))
    np.testing.assert_allclose(scaled(shot.landmarks, 2), resize_landmarks(shot.landmarks, 256, 512), atol=1e-3)
    assert np.abs(small_lines.astype(int) - large_lines).max() <= 40  # lines lie on half pixels
    assert np.abs(small_crop.astype(int) - large_crop).mean() < 2
