import numpy as np
import pytest

from headcast.evaluation.metrics.landmarks68 import eye_distance, points_68
from headcast.evaluation.metrics.openings import (
    MOUTH_CLOSED,
    closure_kept,
    floor_frame,
    lid_limit,
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
    assert closure_kept(target, target, MOUTH_CLOSED, MOUTH_CLOSED) == 1
    assert closure_kept(np.array([0.01, 0.2, np.inf, 0.029, 0.0]), target, MOUTH_CLOSED, MOUTH_CLOSED) == 0.5
    assert np.isnan(closure_kept(target, target + 1, MOUTH_CLOSED, MOUTH_CLOSED))


def test_what_is_only_just_closed_in_the_target_does_not_count() -> None:
    target = np.array([0.01, 0.028])
    assert closure_kept(target + 0.005, target, MOUTH_CLOSED, MOUTH_CLOSED) == 1
    assert np.isnan(closure_kept(target[1:], target[1:], MOUTH_CLOSED, MOUTH_CLOSED))


def test_lids_are_measured_against_what_is_usual_for_the_face() -> None:
    wide = np.array([0.14, 0.16, 0.15, 0.15, 0.16, 0.07])
    narrow = np.array([0.05, 0.06, 0.055, 0.06, 0.05, 0.01])
    assert lid_limit(wide) == pytest.approx(0.08) and lid_limit(narrow) == pytest.approx(0.03)
    assert closure_kept(wide, narrow, lid_limit(wide), lid_limit(narrow)) == 1
    frozen = np.full(6, 0.05)  # narrow eyes that never move are not closed
    assert closure_kept(frozen, narrow, lid_limit(frozen), lid_limit(narrow)) == 0
    assert lid_limit(np.full(3, np.inf)) == 0


def test_floor_is_half_a_pixel_away(portrait: Image) -> None:
    floor = floor_frame(portrait).astype(float)
    smooth = portrait.astype(float)
    halfway = (smooth[:-1, :-1] + smooth[1:, :-1] + smooth[:-1, 1:] + smooth[1:, 1:]) / 4
    assert np.abs(floor[1:, 1:] - halfway).mean() < 3 < np.abs(floor - smooth).mean() + 1
    assert np.abs(floor[1:, 1:] - halfway).mean() < 0.8 * np.abs(floor - smooth).mean()
