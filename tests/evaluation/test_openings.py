import numpy as np
import pytest

from headcast.evaluation.landmarks68 import eye_distance, points_68
from headcast.evaluation.openings import (
    LIDS_CLOSED,
    MOUTH_CLOSED,
    closure_kept,
    floor_frame,
    lid_opening,
    mouth_opening,
    mouth_opens,
)
from headcast.types import Image, Landmarks


def test_openings_are_what_was_put_there(face: Landmarks) -> None:
    points = points_68(face)
    unit = eye_distance(points)
    points[[67, 66, 65]] = points[[61, 62, 63]] + (0, 0.25 * unit)
    points[[41, 40, 47, 46]] = points[[37, 38, 43, 44]] + (0, 0.1 * unit)
    assert mouth_opening(points) == pytest.approx(0.25, rel=1e-3)
    assert lid_opening(points) == pytest.approx(0.1, rel=1e-3)


def test_openings_do_not_depend_on_size_or_turning(face: Landmarks) -> None:
    points = points_68(face)
    turned = 2.5 * points @ np.array([[0.8, 0.6], [-0.6, 0.8]], np.float32) + 40
    assert mouth_opening(turned) == pytest.approx(mouth_opening(points), rel=1e-3)
    assert lid_opening(turned) == pytest.approx(lid_opening(points), rel=1e-3)


def test_only_open_mouths_from_a_closed_shot_count() -> None:
    openings = np.array([0.0, 0.07, 0.09, 0.4])
    assert mouth_opens(openings, 0.01).tolist() == [False, False, True, True]
    assert not mouth_opens(openings, 0.04).any()


def test_closure_is_a_share_of_the_closed_frames() -> None:
    target = np.array([0.01, 0.02, 0.02, 0.01, 0.3])
    assert closure_kept(target, target, MOUTH_CLOSED) == 1
    assert closure_kept(np.array([0.01, 0.2, 0.02, 0.1, 0.0]), target, MOUTH_CLOSED) == 0.5
    assert np.isnan(closure_kept(target + 1, target + 1, LIDS_CLOSED))


def test_floor_is_half_a_pixel_away(portrait: Image) -> None:
    floor = floor_frame(portrait).astype(float)
    smooth = portrait.astype(float)
    halfway = (smooth[:-1, :-1] + smooth[1:, :-1] + smooth[:-1, 1:] + smooth[1:, 1:]) / 4
    assert np.abs(floor[1:, 1:] - halfway).mean() < 3 < np.abs(floor - smooth).mean() + 1
    assert np.abs(floor[1:, 1:] - halfway).mean() < 0.8 * np.abs(floor - smooth).mean()
