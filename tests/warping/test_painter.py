"""Painted triangles against OpenCV's, one after another, and against squares that are counted by hand."""

import cv2
import numpy as np

from headcast.warping.painter import paint

SIZE = 64


def numbered(triangles: np.ndarray) -> np.ndarray:
    return paint(triangles.astype(np.float64), np.arange(len(triangles)), SIZE)


def test_the_last_triangle_that_covers_a_pixel_is_seen_there() -> None:
    """OpenCV paints the same ones in the same order; it rounds corners to pixels where it draws outlines."""
    random = np.random.default_rng(0)
    triangles = random.uniform(-10, SIZE + 10, (200, 1, 2)) + random.uniform(-12, 12, (200, 3, 2))
    expected = np.full((SIZE, SIZE), -1, np.int32)
    for number, corners in enumerate(np.round(triangles * 16).astype(np.int32)):
        cv2.fillConvexPoly(expected, corners, number, cv2.LINE_8, 4)
    found = numbered(triangles)
    assert (expected >= 0).mean() > 0.5
    assert (found != expected).mean() < 0.1
    edge = cv2.dilate((cv2.Laplacian(expected.astype(np.float32), -1) != 0).astype(np.uint8), np.ones((3, 3)))
    assert (edge == 0).sum() > 300
    np.testing.assert_array_equal(found[edge == 0], expected[edge == 0])


def test_a_mesh_has_no_cracks() -> None:
    random = np.random.default_rng(1)
    steps = np.linspace(-4, SIZE + 4, 12)
    places = np.stack(np.meshgrid(steps, steps), -1) + random.uniform(-2, 2, (12, 12, 2))
    a, b, c, d = places[:-1, :-1], places[:-1, 1:], places[1:, :-1], places[1:, 1:]
    triangles = np.concatenate([np.stack(each, 2).reshape(-1, 3, 2) for each in ((a, b, c), (b, d, c))])
    assert (numbered(triangles) >= 0).all()


def test_a_triangle_covers_what_it_comes_within_half_a_pixel_of() -> None:
    found = numbered(np.array([[[10.0, 20.0], [20.0, 20.0], [10.0, 30.0]]]))
    expected = np.full((SIZE, SIZE), -1)
    for row in range(11):
        expected[20 + row, 10 : 21 - row] = 0
    np.testing.assert_array_equal(found, expected)
    line = numbered(np.array([[[5.0, 7.2], [15.0, 7.2], [10.0, 7.2]]]))  # as thin as can be
    assert (line >= 0).sum() == (line[7, 5:16] >= 0).sum() == 11


def test_what_lies_outside_is_not_painted() -> None:
    far = np.array([[[-90.0, -90.0], [-80.0, -90.0], [-90.0, -80.0]], [[200.0, 10.0], [220.0, 10.0], [210.0, 30.0]]])
    assert (numbered(far) == -1).all()
    around = numbered(np.array([[[-200.0, -200.0], [400.0, -200.0], [-200.0, 400.0]]]))
    assert (around == 0).all()
    assert paint(np.empty((0, 3, 2)), np.empty(0, np.intp), SIZE).max() == -1
