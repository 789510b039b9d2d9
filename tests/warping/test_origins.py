"""Where pixels come from: what is laid over them, and who gives the fine detail."""

import numpy as np
import pytest

from headcast.warping.origins import Origin, cover, in_turn, mixed_in_bands
from headcast.warping.patch import Patch


def test_fine_detail_takes_turns_sooner_than_colours() -> None:
    np.testing.assert_array_equal(in_turn(np.array([0.5, 0.5, 0.0])), [0.5, 0.5, 0.0])
    assert in_turn(np.array([1.0])) == [1.0]
    strong = in_turn(np.array([0.6, 0.3, 0.1]))
    assert strong.sum() == pytest.approx(1.0) and strong[0] > 0.9 and strong[2] == 0


def test_what_is_laid_over_a_pixel_covers_where_it_came_from() -> None:
    whole = Origin(
        0, (slice(0, 10), slice(0, 10)), np.zeros((10, 10, 2), np.float32), np.ones((10, 10), np.float32), 1.0
    )
    part = Origin(1, (slice(4, 8), slice(6, 10)), np.zeros((4, 4, 2), np.float32), np.ones((4, 4), np.float32), 1.0)
    inside = np.full((3, 2), 0.75, np.float32)
    cover([whole, part], Patch(5, 3, np.zeros((3, 2, 3), np.float32), inside, inside))  # rows 3 to 5, columns 5 and 6
    expected = np.ones((10, 10))
    expected[3:6, 5:7] = 0.25
    np.testing.assert_array_equal(whole.own, expected)
    np.testing.assert_array_equal(part.own, expected[4:8, 6:10])


def test_a_mean_of_shots_keeps_the_grain_of_one() -> None:
    """Two pictures of one colour whose fine grain is not alike: half of each would be quieter than either."""
    grain = np.random.default_rng(0).normal(0, 20, (2, 64, 64, 1)).astype(np.float32)
    one, two = (np.repeat(each, 3, 2) + colour for each, colour in zip(grain, (100, 140), strict=True))
    half, all_, none = (np.full((64, 64), value, np.float32) for value in (0.5, 1, 0))
    mean = mixed_in_bands([one, two], [half, half], [half, half])
    np.testing.assert_allclose(mean, (one + two) / 2, atol=1e-3)
    mixed = mixed_in_bands([one, two], [half, half], [all_, none])
    assert mean.std() < 0.8 * one.std() < mixed.std()
    assert abs(mixed.mean() - 120) < 2  # the colour is still that of both
    assert np.corrcoef(mixed[8:-8, 8:-8].ravel(), one[8:-8, 8:-8].ravel())[0, 1] > 0.95
