"""Stripes where a surface is drawn out of a few columns, and nothing elsewhere."""

import numpy as np
import pytest

from headcast.pixels.sampling import pixel_places, sample
from headcast.warping.drawn_out import DrawnOut, drawn_out
from headcast.warping.mesh import SamplingGrid

SIZE = 128
DRAWN = np.s_[:, 60:90]  # all of it shows one column


@pytest.fixture(scope="module")
def person() -> np.ndarray:
    levels = np.random.default_rng(0).integers(60, 200, (SIZE, SIZE, 3))
    return np.dstack([levels, np.full((SIZE, SIZE), 255)]).astype(np.uint8)


def grid_of(places: np.ndarray, triangles: int = -1) -> SamplingGrid:
    none = np.zeros((SIZE, SIZE), np.float32)
    return SamplingGrid(places, none + 1, none, np.full((SIZE, SIZE), triangles, np.int32))


def places_drawn_out() -> np.ndarray:
    places = pixel_places((SIZE, SIZE))
    places[DRAWN][:, :, 0] = 60
    return places


def test_what_is_drawn_out_has_no_stripes(person: np.ndarray) -> None:
    grid = grid_of(places_drawn_out())
    picture = sample(person, grid.positions)
    striped = picture.copy()
    share = DrawnOut(person)(picture, grid.positions, grid)
    inner = np.s_[8:-8, 68:80]
    assert share[inner].min() > 0.9
    assert picture[inner][:, :, :3].std(0).mean() < 0.4 * striped[inner][:, :, :3].std(0).mean()
    np.testing.assert_array_equal(picture[:, :50], striped[:, :50])
    np.testing.assert_array_equal(picture[:, 100:], striped[:, 100:])


def test_what_only_moves_stays_sharp(person: np.ndarray) -> None:
    grid = grid_of(pixel_places((SIZE, SIZE)) * np.float32(0.8) + np.float32(7.3))
    picture = sample(person, grid.positions)
    before = picture.copy()
    assert not DrawnOut(person)(picture, grid.positions, grid).any()
    np.testing.assert_array_equal(picture, before)


def test_deep_inside_a_face_all_stays_as_lids_are_drawn_out_rightly() -> None:
    assert not drawn_out(grid_of(places_drawn_out(), triangles=0)).any()
