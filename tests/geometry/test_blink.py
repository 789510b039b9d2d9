"""Lids that the tracker sees at different heights in a blink shut together; winks, and a person's own squint, stay."""

import itertools

import numpy as np
import pytest

from headcast.geometry.blink import NEARLY, SHUT, blink_with_both, in_step
from headcast.geometry.contact import OPENINGS, set_openings
from headcast.geometry.pose import Head, apply_pose, head_of, remove_pose
from headcast.types import Landmarks

RIGHT, LEFT = OPENINGS[1:]


def with_lids(face: Landmarks, right: float, left: float) -> tuple[Landmarks, Head]:
    """The astronaut with her lids so far open, in eye distances."""
    pose = head_of(face).pose
    lips = head_of(face).controls[OPENINGS[0]]
    moved = apply_pose(set_openings(remove_pose(face, pose), np.array([lips, right, left])), pose)
    return moved, head_of(moved)


def lids(landmarks: Landmarks) -> list[float]:
    return list(head_of(landmarks).controls[[RIGHT, LEFT]])


@pytest.mark.parametrize(("right", "left"), [(0.013, 0.045), (0.045, 0.013), (0.0, 0.05)])
def test_a_lid_left_ajar_shuts_with_the_other(face: Landmarks, right: float, left: float) -> None:
    landmarks, head = with_lids(face, right, left)
    shut, known = blink_with_both(landmarks, head, head_of(face).controls)
    before, after = lids(landmarks), lids(shut)
    assert max(before) > 0.035
    assert max(after) < max(min(before), 0) + 0.006
    assert min(after) == pytest.approx(min(before), abs=0.002)
    np.testing.assert_allclose(known.controls[[RIGHT, LEFT]], after, atol=0.006)
    np.testing.assert_allclose(head_of(shut).controls[: OPENINGS[1]], head.controls[: OPENINGS[1]], atol=0.002)


@pytest.mark.parametrize(("right", "left"), [(0.01, NEARLY[1] + 0.01), (SHUT[1] + 0.005, 0.06), (0.12, 0.11)])
def test_winks_and_open_eyes_stay(face: Landmarks, right: float, left: float) -> None:
    landmarks, head = with_lids(face, right, left)
    same, known = blink_with_both(landmarks, head, head_of(face).controls)
    assert same is landmarks
    assert known is head


def test_the_picture_itself_stays(face: Landmarks) -> None:
    landmarks, head = with_lids(face, 0.05, 0.01)
    same, _ = blink_with_both(landmarks, head, head.controls)
    np.testing.assert_allclose(same, landmarks, atol=1e-3)


def test_a_blink_never_jumps(face: Landmarks) -> None:
    """Of a blink in small steps, one lid always ahead: the lids move no faster than four times the tracked ones."""
    own, widths = head_of(face).controls, np.linspace(0.12, 0.0, 61)
    shown = [lids(blink_with_both(*with_lids(face, wide, max(wide - 0.035, 0)), own)[0])[0] for wide in widths]
    asked = [lids(with_lids(face, wide, max(wide - 0.035, 0))[0])[0] for wide in widths]
    steps = [abs(later - first) for first, later in itertools.pairwise(shown)]
    usual = max(abs(later - first) for first, later in itertools.pairwise(asked))
    assert max(steps) < 4 * usual


@pytest.mark.parametrize("shares", [(0.24, 0.52), (0.5, 0.3), (0.0, 0.28)])
def test_lids_that_both_come_down_come_down_alike(shares: tuple[float, float]) -> None:
    np.testing.assert_allclose(in_step(np.array(shares)), np.mean(shares))


@pytest.mark.parametrize("shares", [(0.0, 1.0), (0.05, 0.7), (0.7, 1.0), (1.1, 0.96), (0.4, 0.4)])
def test_winks_squints_and_open_eyes_stay(shares: tuple[float, float]) -> None:
    np.testing.assert_allclose(in_step(np.array(shares)), shares)


def test_a_wink_comes_down_without_a_jump() -> None:
    wider = np.linspace(0, 1.2, 121)
    both = np.array([in_step(np.array([0.1, share])) for share in wider])
    assert np.abs(np.diff(both, axis=0)).max() < 0.05
    np.testing.assert_allclose(both.mean(1), (wider + 0.1) / 2)  # what one gives the other takes
