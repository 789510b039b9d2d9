"""Cropping against its inverse, and pasting back against the photo it came from."""

import numpy as np
import pytest

from headcast.geometry.topology import INNER_LIP_LOWER, OUTER_LIP_LOWER, PAPER_JAW
from headcast.tracking.crop import Window, crop_image, crop_landmarks, head_crop, landmarks_to_image, paste_mask
from headcast.types import Box, Image, Landmarks


def gradient(height: int, width: int) -> Image:
    """A smooth picture whose values say where they are: red grows with x, green with y."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, 0 * x + 90], axis=-1).astype(np.uint8)


def test_chin_to_brow_takes_nearly_half_of_an_upright_crop(face: Landmarks) -> None:
    box = head_crop(face)
    assert box.width == box.height
    cropped = crop_landmarks(face, box, 1)
    brow, chin = cropped[[105, 334], 1].mean() + 0.5, cropped[152, 1] + 0.5
    assert 0.42 < chin - brow < 0.52
    assert 0.75 < chin < 0.9


def test_an_opening_mouth_does_not_move_the_crop(face: Landmarks) -> None:
    speaking = face.copy()
    speaking[[*INNER_LIP_LOWER, *OUTER_LIP_LOWER, *PAPER_JAW[4:13]], 1] += 12
    assert head_crop(speaking) == head_crop(face)


def test_the_crop_grows_and_moves_with_the_face(face: Landmarks) -> None:
    box = head_crop(face)
    larger = head_crop(face * 2)
    assert larger.width == pytest.approx(2 * box.width, abs=1)
    moved = head_crop(face + np.array([30, -20, 5], np.float32))
    assert (moved.left, moved.top, moved.width) == (box.left + 30, box.top - 20, box.width)
    assert head_crop(face, scale=1.5).width == pytest.approx(1.5 * box.width, abs=1)


def test_turning_the_head_hardly_changes_the_size(face: Landmarks) -> None:
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    turned = ((face - face.mean(axis=0)) @ turn.T + face.mean(axis=0)).astype(np.float32)
    assert head_crop(turned).width == pytest.approx(head_crop(face).width, abs=1)


def test_a_crop_slides_back_into_the_image_a_little_only(face: Landmarks) -> None:
    box = head_crop(face)
    slightly_out = face - np.array([box.left + 5, box.top + 5, 0], np.float32)
    assert head_crop(slightly_out, (2000, 2000)) == Box(0, 0, box.width, box.height)
    far_out = face - np.array([box.left + 100, 0, 0], np.float32)
    assert head_crop(far_out, (2000, 2000)).left == pytest.approx(-100 + 0.06 * box.width, abs=1)


def test_a_scale_of_nothing_is_refused(face: Landmarks) -> None:
    with pytest.raises(ValueError, match="scale must be positive, not 0"):
        head_crop(face, scale=0)


@pytest.mark.parametrize("size", [50, 100, 256])
@pytest.mark.parametrize("box", [Box(20, 15, 100, 100), Box(20.25, 10.5, 90.7, 90.7)])
def test_pixels_come_from_where_the_box_says(box: Box, size: int) -> None:
    """On a linear picture every reading is exact, at any scale and fraction of a pixel."""
    y, x = np.mgrid[:125, :125].astype(np.float64)
    image = np.stack([2 * x, 2 * y, 0 * x], axis=-1).astype(np.uint8)
    patch = crop_image(image, box, size).astype(np.float64)
    corner = np.array([box.left, box.top, 0])
    places = (np.stack([*np.mgrid[:size, :size][::-1], np.zeros((size, size))], axis=-1) + 0.5) * box.width / size
    expected = 2 * (places + corner - 0.5)
    assert np.abs(patch - expected)[..., :2].max() <= 1.0
    assert np.abs((patch - expected)[..., :2].mean()) < 0.15


def test_landmarks_move_with_the_pixels_and_back(face: Landmarks) -> None:
    box = Box(-20.5, 13, 333, 333)
    there = crop_landmarks(face, box, 256)
    assert there[0] == pytest.approx(
        [(face[0, 0] + 21.0) * 256 / 333 - 0.5, (face[0, 1] - 12.5) * 256 / 333 - 0.5, face[0, 2] * 256 / 333], abs=1e-3
    )
    np.testing.assert_allclose(landmarks_to_image(there, box, 256), face, atol=1e-3)


def test_beyond_the_image_the_edge_runs_on() -> None:
    image = np.full((60, 60, 3), 200, np.uint8)
    assert (crop_image(image, Box(-30, -30, 120, 120), 64) == 200).all()
    striped = np.zeros((60, 60, 3), np.uint8)
    striped[:, ::2] = 255  # a repeated edge would make streaks upwards
    patch = crop_image(striped, Box(0, -60, 60, 60), 60)
    assert patch[2].std() < 0.3 * striped.std()


def test_the_paste_mask_fades_only_inside_the_photo() -> None:
    inside = paste_mask(Box(100, 100, 200, 200), (400, 400), 64)
    assert inside[32, 32] == 1
    assert max(inside[0].max(), inside[-1].max(), inside[:, 0].max(), inside[:, -1].max()) < 0.05
    touching = paste_mask(Box(100, 250, 200, 200), (400, 400), 64)  # hangs out at the bottom
    assert touching[-1, 32] == 1
    assert touching[0, 32] < 0.05


@pytest.mark.parametrize("box", [Box(120, 90, 256, 256), Box(90.3, 60.7, 301.5, 301.5), Box(-40, -60, 256, 256)])
def test_what_was_cropped_comes_back_to_its_window(box: Box) -> None:
    photo = gradient(480, 640)
    window = Window(photo, box)
    back = window.bring(crop_image(photo, box, 256)).astype(int)[2:-2, 2:-2]
    assert np.abs(back - photo[window.place][2:-2, 2:-2]).max() <= 4
    assert np.abs(back - photo[window.place][2:-2, 2:-2]).mean() < 0.4


def test_a_crop_at_the_boxes_own_size_comes_back_exactly(astronaut: Image) -> None:
    box = Box(300, 280, 300, 300)  # hangs out to the right and below
    window = Window(astronaut, box)
    np.testing.assert_array_equal(window.bring(crop_image(astronaut, box, 300)), astronaut[280:, 300:])


def test_a_small_box_takes_the_mean_of_a_large_patch(astronaut: Image) -> None:
    patch = np.zeros((128, 128, 3), np.uint8)
    patch[::2] = 200
    assert np.abs(Window(astronaut, Box(10, 20, 64, 64)).bring(patch).astype(int) - 100).max() <= 1


def test_a_box_beside_the_photo_and_a_wrong_patch_are_refused(astronaut: Image) -> None:
    with pytest.raises(ValueError, match="lies outside the photo of 512x512 pixels"):
        Window(astronaut, Box(600, 0, 100, 100))
    with pytest.raises(ValueError, match=r"expected a square patch, not one of shape \(32, 16, 3\)"):
        Window(astronaut, Box(0, 0, 100, 100)).bring(np.zeros((32, 16, 3), np.uint8))
