"""Filling what is hidden: patterns continue, light joins, what is seen stays."""

import numpy as np
import pytest

from headcast.warping.fill import fill_hidden
from headcast.warping.smooth import fill_from_around


def slanted_stripes(slope: float, width: float) -> np.ndarray:
    rows, columns = np.indices((160, 160))
    waves = 127 + 100 * np.tanh(4 * np.cos(np.pi * (rows - slope * columns) / width))
    return np.repeat(waves[:, :, None], 3, 2).astype(np.uint8)


@pytest.mark.parametrize("slope", [0.0, 0.25, -0.4])
def test_lines_that_end_at_the_person_go_on_straight(slope: float) -> None:
    """Blinds behind a head continue where it was, as slanted as they are; what is seen stays."""
    image = slanted_stripes(slope, 12)
    hidden = np.zeros((160, 160), np.float32)
    hidden[:, 60:110] = 1
    spoilt = np.where(hidden[:, :, None] > 0, 255, image).astype(np.uint8)
    filled, blurred = fill_hidden(spoilt, hidden), fill_from_around(spoilt, 1 - hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    beside = (slice(20, 140), slice(60, 72))
    error = np.abs(filled[beside].astype(float) - image[beside]).mean()
    assert error < 0.3 * np.abs(blurred[beside] - image[beside]).mean()


def test_a_sign_on_the_wall_is_not_copied() -> None:
    """Beside the head the wall goes on with its grain, not with the red sign that hangs farther off."""
    random = np.random.default_rng(0)
    image = np.clip(random.normal((150, 150, 140), 6, (160, 160, 3)), 0, 255).astype(np.uint8)
    image[60:90, 120:150] = (200, 30, 30)
    hidden = np.zeros((160, 160), np.float32)
    hidden[40:, 40:100] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden).astype(float)
    there = filled[hidden > 0]
    assert (there[:, 0] - there[:, 1]).max() < 40  # the sign's is 170, the wall's at most 36
    assert filled[50:150, 42:60].std((0, 1)).min() > 2  # nor is it without grain


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


def test_two_seen_rows_are_enough() -> None:
    image = np.full((300, 300, 3), (40, 90, 200), np.uint8)
    hidden = np.ones((300, 300), np.float32)
    hidden[:2] = 0
    assert np.abs(fill_hidden(image, hidden).astype(int) - (40, 90, 200)).max() <= 2


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


def test_cut_letters_do_not_go_on_as_lines() -> None:
    """Beside writing that the person hides in part the wall goes on, dull, a few pixels farther in."""
    image = np.full((160, 160, 3), (20, 80, 200), np.uint8)
    for top in range(24, 140, 24):  # crosses, each cut by the hole
        image[top : top + 4, 96:116] = 255
        image[top - 8 : top + 12, 104:108] = 255
    hidden = np.zeros((160, 160), np.float32)
    hidden[:, 40:106] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden).astype(int)
    assert np.abs(filled[20:140, 70:92] - (20, 80, 200)).mean() < 12
