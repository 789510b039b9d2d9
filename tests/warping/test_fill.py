"""Filling what is hidden: patterns continue, light joins, what is seen stays."""

import numpy as np
import pytest

from headcast.warping.fill import fill_from_around, fill_hidden


def test_a_pattern_continues_behind_the_person() -> None:
    """Stripes continue; what is known stays."""
    columns = np.arange(128)
    image = (
        np.repeat((127 + 100 * np.cos(2 * np.pi * columns / 16))[None, :, None], 128, 0).repeat(3, 2).astype(np.uint8)
    )
    hidden = np.zeros((128, 128), np.float32)
    hidden[:, 57:90] = 1
    spoilt = np.where(hidden[:, :, None] > 0, 255, image).astype(np.uint8)
    filled, blurred = fill_hidden(spoilt, hidden), fill_from_around(spoilt, 1 - hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    beside = (slice(20, 108), slice(57, 69))
    assert np.abs(filled[beside] - image[beside]).mean() < 0.5 * np.abs(blurred[beside] - image[beside]).mean()


@pytest.mark.parametrize("hidden", [0.0, 1.0])
def test_all_or_nothing_hidden(hidden: float) -> None:
    image = np.full((32, 32, 3), 70, np.uint8)
    filled = fill_hidden(image, np.full((32, 32), hidden, np.float32))
    np.testing.assert_array_equal(filled, image)


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


def test_pieces_take_the_light_of_what_is_seen_beside_them() -> None:
    """A wall that grows lighter downwards, with a grain: the filling has no step at its border."""
    random = np.random.default_rng(0)
    wall = np.linspace(40, 200, 160)[:, None] + random.normal(0, 4, (160, 160))
    image = np.clip(np.repeat(wall[:, :, None], 3, 2), 0, 255).astype(np.uint8)
    hidden = np.zeros((160, 160), np.float32)
    hidden[50:110, 50:110] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden).astype(float)
    step = filled[50:110, 50:54].mean((1, 2)) - filled[50:110, 46:50].mean((1, 2))
    assert np.abs(step).mean() < 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (300, 2), (5, 7), (16, 16), (200, 33)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_pictures_of_any_shape_are_filled(shape: tuple[int, int], share: float) -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (*shape, 3)).astype(np.uint8)
    hidden = (random.random(shape) < share).astype(np.float32)
    filled = fill_hidden(image, hidden)
    assert filled.shape == image.shape and filled.dtype == np.uint8
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])


def test_a_picture_that_ends_opencv_is_filled_smoothly() -> None:
    """Two rows are seen: too little for the shift map, which reads beyond its memory then."""
    image = np.full((300, 300, 3), (40, 90, 200), np.uint8)
    hidden = np.ones((300, 300), np.float32)
    hidden[:2] = 0
    assert np.abs(fill_hidden(image, hidden).astype(int) - (40, 90, 200)).max() <= 2


def test_without_the_shift_map_colours_are_smooth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 200
    hidden = np.zeros((64, 64), np.float32)
    hidden[20:40, 20:40] = 1
    filled = fill_hidden(image, hidden).astype(int)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    assert np.abs(np.diff(filled[30, 22:38, 0])).max() < 60


def test_a_large_picture_is_filled_at_a_smaller_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known pixels stay; what is filled joins them, and none of the person's red is mixed in at the rim."""
    image = np.full((130, 200, 3), (40, 90, 200), np.uint8)
    image[:, 100:] = (60, 110, 180)
    hidden = np.zeros((130, 200), np.float32)
    hidden[30:, 71:140] = 1
    spoilt = np.where(hidden[:, :, None] > 0, (255, 0, 0), image).astype(np.uint8)
    monkeypatch.setattr("headcast.warping.fill.MOST_SIDE", 64)
    filled = fill_hidden(spoilt, hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    there = filled[hidden > 0]
    assert (there >= (35, 85, 175)).all()
    assert (there <= (65, 115, 205)).all()
