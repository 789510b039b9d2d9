"""Smooth colours for what is not known: between those around it, and what is known stays."""

import numpy as np

from headcast.pixels.smooth import fill_from_around


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
