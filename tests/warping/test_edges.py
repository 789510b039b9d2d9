"""The sides of a shot: nothing moves where the photo continues, nothing is drawn out where it ends."""

import numpy as np
import pytest

from headcast.types import Box
from headcast.warping.edges import PhotoEdges, photo_edges

FACE = np.array([[100.0, 100.0], [150.0, 150.0]])


def moved_down(shift: float) -> np.ndarray:
    """Return the places of a person who moves down by `shift` pixels."""
    places = np.stack(np.meshgrid(np.arange(256.0), np.arange(256.0)), -1).astype(np.float32)
    places[:, :, 1] -= shift
    return places


def test_a_box_inside_of_a_photo_is_pinned_and_has_no_ends() -> None:
    edges = photo_edges(Box(100, 100, 200, 200), (400, 400), 256)
    assert edges.pinned == (True,) * 4
    assert np.isinf(edges.ends).all()


def test_a_box_that_hangs_out_ends_where_the_photo_does() -> None:
    edges = photo_edges(Box(-20, 100, 200, 200), (400, 250), 100)
    assert edges.pinned == (False, True, True, False)
    assert edges.ends[0] == pytest.approx(10) and edges.ends[3] == pytest.approx(74)


def test_what_lies_beyond_the_photo_is_stretched_not_repeated() -> None:
    edges = PhotoEdges(ends=(0.0, 0.0, 255.0, 255.0))
    rows = edges.keep_inside(moved_down(10), np.ones((256, 256), bool), FACE)[:, 50, 1]
    assert rows.min() >= -1e-3
    assert (np.diff(rows) > 0.5).all()  # no row is shown twice
    np.testing.assert_allclose(rows[120:], np.arange(120, 256) - 10, atol=1e-4)  # the face stays where it is


def test_nothing_changes_where_nothing_lies_beyond() -> None:
    edges = PhotoEdges(ends=(0.0, 0.0, 255.0, 255.0))
    places = moved_down(0)
    assert edges.keep_inside(places, np.ones((256, 256), bool), FACE) is places


def test_points_stay_at_a_pinned_side_only() -> None:
    points = np.array([[0.0, 128.0], [128.0, 128.0], [255.0, 128.0], [300.0, 128.0]])
    free = PhotoEdges(pinned=(True, False, False, False)).free(points, 256)
    np.testing.assert_allclose(free, [0, 1, 1, 1])


def test_a_side_beside_which_nobody_goes_on_pins_nothing() -> None:
    """Hair reaches the upper side at its left end alone."""
    matte = np.zeros((256, 256), np.float32)
    matte[:120, :60] = 1
    edges = PhotoEdges(pinned=(False, True, False, True)).around(matte)
    points = np.array([[20.0, 0.0], [20.0, 128.0], [240.0, 0.0], [128.0, 255.0]])
    np.testing.assert_allclose(edges.free(points, 256), [0, 1, 1, 1])


def test_nobody_is_carried_over_a_pinned_side_but_along_it_and_away_from_it() -> None:
    edges = PhotoEdges(pinned=(True, True, False, False))
    points = np.array([[128.0, 0.0]] * 3 + [[0.0, 128.0], [255.0, 128.0], [128.0, 128.0]])
    motion = np.array([[9.0, -5.0], [9.0, 5.0], [-9.0, 0.0], [-4.0, -4.0], [4.0, 4.0], [0.0, -5.0]])
    kept = [[9, 0], [9, 5], [-9, 0], [0, -4], [4, 4], [0, -5]]
    np.testing.assert_allclose(motion * np.where(motion < 0, *edges.room(points, 256)), kept)
    halfway = np.array([[128.0, 0.06 * 256]])
    assert 0 < edges.room(halfway, 256)[0, 0, 1] < 1


def test_only_what_lies_near_is_stretched() -> None:
    """A shoulder that moves up at the right leaves the left where it is."""
    edges = PhotoEdges(ends=(0.0, 0.0, 255.0, 255.0))
    places = moved_down(0)
    places[:, 200:, 1] += 12
    kept = edges.keep_inside(places, np.ones((256, 256), bool), FACE)
    np.testing.assert_array_equal(kept[:, :150], places[:, :150])
    assert kept[:, 220:, 1].max() <= 255


def test_nothing_is_stretched_where_the_photo_cuts_nobody_off() -> None:
    """Beside a head that moves away from the photo's end only the background is missing, and that is not carried."""
    edges, matte = PhotoEdges(ends=(0.0, 0.0, 255.0, 255.0)), np.zeros((256, 256), np.float32)
    matte[60:, 60:200] = 1
    places = moved_down(10)
    assert edges.around(matte).keep_inside(places, np.ones((256, 256), bool), FACE) is places
    matte[:, 60:100] = 1  # hair, cut off by the photo's upper end
    kept = edges.around(matte).keep_inside(places, np.ones((256, 256), bool), FACE)
    assert kept[:, 70:90, 1].min() >= -1e-3
    np.testing.assert_array_equal(kept[:, 150:], places[:, 150:])
