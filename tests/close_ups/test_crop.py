"""What close-ups of all parts share, against the same done another way."""

from types import ModuleType

import cv2
import numpy as np
import pytest

from headcast.close_ups import eye_crop, mouth_crop
from headcast.close_ups.crop import HALF, CarriedPhotos, linear_maps, moved, moved_pose, place, scaled
from headcast.geometry.pose import fit_pose, rotation_matrix
from headcast.types import Shot
from headcast.warping.warp import Warper


@pytest.mark.parametrize("part", [mouth_crop, eye_crop])
def test_a_close_up_is_as_sharp_as_the_photo(shot: Shot, part: ModuleType) -> None:
    to_crop = part.place_crop(shot.landmarks, fit_pose(shot.landmarks))
    made = CarriedPhotos([shot], shot.image).cut(Warper(shot)(shot.landmarks), to_crop, part.CROP_SIZE)
    exact = cv2.warpAffine(shot.image.astype(np.float32), to_crop, part.CROP_SIZE, flags=cv2.INTER_LANCZOS4)
    energies = [
        float(sum(np.square(np.diff(picture, axis=axis)).mean() for axis in (0, 1))) for picture in (made, exact)
    ]
    assert energies[0] == pytest.approx(energies[1], rel=0.15)


def test_the_pose_of_moved_landmarks_is_the_moved_pose(shot: Shot) -> None:
    turn = rotation_matrix(np.array([0, 0, 0.4]))[:2, :2]
    to_crop = place(turn, 1.7, turn @ np.array([120.0, 90.0]), (192, 128))
    found, true = moved_pose(fit_pose(shot.landmarks), to_crop), fit_pose(moved(shot.landmarks, to_crop))
    np.testing.assert_allclose(found.rotation, true.rotation, atol=1e-6)
    np.testing.assert_allclose(found.scale, true.scale, rtol=1e-6)
    np.testing.assert_allclose(found.translation, true.translation, atol=1e-4)


def test_to_scale_landmarks_is_to_move_them(shot: Shot) -> None:
    to_photo = np.column_stack([2.5 * np.eye(2), (1.5 * HALF)[:2]])
    np.testing.assert_allclose(moved(shot.landmarks, to_photo), scaled(shot.landmarks, 2.5), atol=1e-3)


def test_linear_maps_are_what_they_say_at_each_pixel_and_stay_in_range() -> None:
    maps = linear_maps(np.array([[0.02, -0.01, 0.3], [0.0, 1.0, -3.0]]), (5, 4))
    assert maps.shape == (2, 4, 5)
    np.testing.assert_allclose(maps[0, 3, 4], 0.02 * 4 - 0.01 * 3 + 0.3, rtol=1e-6)
    np.testing.assert_allclose(maps[1, :, 0], [0, 0, 0, 0])
    np.testing.assert_allclose(linear_maps(np.array([[0.0, 0.5, 0.0]]), (2, 4))[0, :, 1], [0, 0.5, 1, 1])
