"""The drawing: right colours at the right places, smooth under the smallest motion."""

import numpy as np
import pytest

from headcast.geometry.topology import LEFT_IRIS, PAPER_JAW, RIGHT_IRIS
from headcast.types import Image, Landmarks
from headcast.warping.draw import draw_landmark_image

Head = tuple[Image, Landmarks]


def enlarged(landmarks: Landmarks, factor: int) -> Landmarks:
    return np.asarray((landmarks + np.array([0.5, 0.5, 0])) * factor - np.array([0.5, 0.5, 0]), np.float32)


@pytest.mark.parametrize(
    ("point", "colour"),
    [
        (PAPER_JAW[8], (255, 255, 255)),
        (105, (255, 0, 0)),
        (334, (0, 255, 0)),
        (197, (0, 0, 255)),
        (33, (255, 0, 255)),
        (263, (0, 255, 255)),
        (17, (255, 255, 0)),
        (14, (255, 128, 0)),
        (RIGHT_IRIS[0], (128, 0, 255)),
        (LEFT_IRIS[0], (0, 128, 255)),
    ],
)
def test_each_part_has_its_colour_at_its_place(point: int, colour: tuple[int, int, int], head: Head) -> None:
    _, landmarks = head
    large = draw_landmark_image(enlarged(landmarks, 4), 1024)
    x, y = np.rint((landmarks[point, :2] + 0.5) * 4 - 0.5).astype(int)
    # The strongest of the nearest pixels: the jaw's end and the tip of the lids are rounded off.
    nearest = large[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
    assert np.abs(nearest - colour).max(axis=1).min() <= 8


def test_the_ground_is_black_and_the_size_as_asked(head: Head) -> None:
    image = draw_landmark_image(head[1], 256)
    assert image.shape == (256, 256, 3)
    assert image.dtype == np.uint8
    assert not image[:40].any()


def test_a_whole_pixel_moves_the_picture_exactly(head: Head) -> None:
    still = draw_landmark_image(head[1], 256)
    moved = draw_landmark_image(head[1] + np.array([1, 2, 0], np.float32), 256)
    np.testing.assert_array_equal(moved[2:, 1:], still[:-2, :-1])


def test_parts_of_a_pixel_change_the_picture_in_proportion(head: Head) -> None:
    still = draw_landmark_image(head[1], 256).astype(float)

    def change(step: float) -> float:
        moved = draw_landmark_image(head[1] + np.array([step, 0, 0], np.float32), 256)
        return float(np.abs(moved - still).mean())

    whole = change(1.0)
    for step in (0.1, 0.25, 0.5, 0.75):
        assert change(step) == pytest.approx(step * whole, rel=0.15)


def test_lines_are_two_pixels_wide_at_256_and_scale_with_the_size(head: Head) -> None:
    share = [float(draw_landmark_image(enlarged(head[1], k), 256 * k).mean()) for k in (1, 2)]
    assert share[0] == pytest.approx(share[1], rel=0.15)


def test_points_far_outside_are_clipped(head: Head) -> None:
    away = head[1] + np.array([1e9, 0, 0], np.float32)
    assert not draw_landmark_image(away, 256).any()
