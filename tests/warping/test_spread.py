"""A column of a shot that is drawn out, and all that lies around gives."""

import numpy as np
import pytest

from headcast.pixels.sampling import pixel_places
from headcast.warping.spread import of_blocks, spread_evenly

SIZE, EYE_DISTANCE = 128, 64.0
FREE = np.ones(of_blocks(pixel_places((SIZE, SIZE))).shape[:2], np.float32)


def places_with(step: float, columns: slice) -> np.ndarray:
    """Return places of which neighbours in some columns are a `step` apart, all others a pixel."""
    steps = np.ones(SIZE, np.float32)
    steps[columns] = step
    places = pixel_places((SIZE, SIZE))
    places[:, :, 0] = np.cumsum(steps)
    return places


def test_what_is_drawn_out_gets_a_share_of_all_around_it() -> None:
    places = places_with(0.1, np.s_[60:72])
    spread = spread_evenly(places, FREE, EYE_DISTANCE)
    across = np.diff(spread[40:-40, :, 0], axis=1)
    assert np.diff(places[:, :, 0], axis=1).min() < 0.11
    assert across.min() > 0.4
    assert across.max() < 1.1
    np.testing.assert_allclose(spread[40:-40, 65], places[40:-40, 65], atol=0.3)  # nobody's cheek moves
    np.testing.assert_array_equal(spread[:, [0, 20, 110, -1]], places[:, [0, 20, 110, -1]])


@pytest.mark.parametrize("step", [1.0, 0.8, 1.3])
def test_what_only_moves_stays(step: float) -> None:
    places = places_with(step, np.s_[40:90])
    np.testing.assert_array_equal(spread_evenly(places, FREE, EYE_DISTANCE), places)


def test_lips_and_lids_stay() -> None:
    places, free = places_with(0.1, np.s_[60:72]), FREE.copy()
    free[:, 14:20] = 0
    np.testing.assert_array_equal(spread_evenly(places, free, EYE_DISTANCE), places)


def test_two_surfaces_beside_each_other_are_not_mixed() -> None:
    """What is drawn out beside the end of a surface stays, for nothing beyond that end may give."""
    places = places_with(0.1, np.s_[60:72])
    places[:, 74:, 0] += 30
    spread = spread_evenly(places, FREE, EYE_DISTANCE)
    np.testing.assert_array_equal(spread[:, 66:84], places[:, 66:84])
    assert np.diff(spread[:, :, 0], axis=1).min() > 0


def test_nothing_pops_as_a_surface_slowly_comes_to_end_before_another() -> None:
    shifts = []
    for jump in np.linspace(0, 16, 81):
        places = places_with(0.1, np.s_[60:72])
        places[:, 74:, 0] += np.float32(jump)
        shifts.append(spread_evenly(places, FREE, EYE_DISTANCE) - places)
    assert np.abs(shifts[0]).max() > 2 > 0.1 > np.abs(shifts[-1][:, 66:84]).max()
    assert np.abs(np.diff(shifts, axis=0)).max() < 0.3
