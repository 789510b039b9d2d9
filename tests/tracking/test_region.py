"""A turned square's pixels come from where its points go back to."""

import cv2
import numpy as np
import pytest

from headcast.tracking.region import Region, overlap, points_to_image, read_region, whole_picture


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, -np.pi / 2, np.pi])
def test_pixels_come_from_where_points_go(angle: float) -> None:
    y, x = np.mgrid[:200, :240]
    image = np.stack([x, y, 0 * x], axis=-1).astype(np.uint8)
    region = Region(118.0, 97.0, 96.0, angle)
    patch = read_region(image, region, 64, cv2.BORDER_REPLICATE)
    places = np.stack([*np.mgrid[:64, :64][::-1], np.zeros((64, 64))], axis=-1).reshape(-1, 3).astype(np.float32)
    back = points_to_image(places, region, 64)  # MediaPipe's networks read half a pixel up and left, hence no 0.5
    assert np.abs(patch.reshape(-1, 3)[:, :2] - back[:, :2]).max() < 1.0


def test_depth_is_scaled_as_breadth_is() -> None:
    point = np.array([[32.0, 32.0, 10.0]], np.float32)
    np.testing.assert_allclose(points_to_image(point, Region(5, 6, 128, 1.0), 64), [[5, 6, 20]], atol=1e-5)


def test_overlap_of_hand_computed_squares() -> None:
    square = Region(10, 10, 4)
    assert overlap(square, square) == 1
    assert overlap(square, Region(12, 10, 4)) == pytest.approx(8 / 24)
    assert overlap(square, Region(20, 10, 4)) == 0


def test_the_whole_picture_is_its_longer_side() -> None:
    assert whole_picture(np.zeros((20, 40, 3), np.uint8), scale=2.0) == Region(20, 10, 80)
