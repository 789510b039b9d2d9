"""Wrong metrics of faces and people are planted; the very check that ours passes has to catch each of them."""

from collections.abc import Callable

import numpy as np
import pytest

from headcast.evaluation.metrics.faces import MEDIAPIPE, Reading, closures_kept, gaze, head_motion_energy, mouth_errors
from headcast.evaluation.metrics.landmarks68 import landmark_errors, points_68
from headcast.evaluation.metrics.openings import MOUTH_CLOSED, closure_kept, mouth_opening
from headcast.evaluation.report.bootstrap import compare_paired
from headcast.geometry.pose import Pose, apply_pose, face_model
from headcast.types import Landmarks

Judging = Callable[..., None]
"""judge_the_check of conftest.py: a check, the right metric, wrong ones."""


def test_landmark_errors_do_not_depend_on_the_size_of_the_picture(face: Landmarks, judge_the_check: Judging) -> None:
    points = points_68(face)

    def check(metric: Callable) -> None:
        for scale in (1, 3):
            moved = scale * points.copy()
            moved[48:68, 0] += 4 * scale  # eyes are 40 px apart
            errors = metric(moved, scale * points)
            assert errors["mouth"] == pytest.approx(0.1, rel=0.05) and errors["eyes"] == 0

    def in_pixels(points: np.ndarray, target: np.ndarray) -> dict[str, float]:
        distances = np.linalg.norm(points - target, axis=1)
        return {"mouth": float(distances[48:].mean()), "eyes": float(distances[36:48].mean())}

    def of_the_whole_face(points: np.ndarray, target: np.ndarray) -> dict[str, float]:
        whole = landmark_errors(points, target)["all"]
        return {"mouth": whole, "eyes": whole}

    judge_the_check(check, landmark_errors, in_pixels, of_the_whole_face)


def with_lips(landmarks: Landmarks, gap: float) -> Reading:
    """A reading whose inner lips stand `gap` eye distances apart."""
    points = points_68(landmarks).copy()
    points[[67, 66, 65]] = points[[61, 62, 63]] + np.float32([0, 40 * gap])
    return Reading(1, landmarks, {MEDIAPIPE: points})


def test_mouth_error_is_zero_for_what_nobody_can_tell_from_the_target(
    face: Landmarks, judge_the_check: Judging
) -> None:
    target, floor = with_lips(face, 0.20), with_lips(face, 0.19)

    def check(metric: Callable) -> None:
        assert metric(floor, target, floor)["mouth opening error (MediaPipe)"] == pytest.approx(0)
        closed = metric(with_lips(face, 0.0), target, floor)["mouth opening error (MediaPipe)"]
        assert closed == pytest.approx(0.19, rel=0.05)

    def without_floor(output: Reading, target: Reading, floor: Reading) -> dict[str, float]:
        return mouth_errors(output, target, target)

    def signed(output: Reading, target: Reading, floor: Reading) -> dict[str, float]:
        gaps = [mouth_opening(reading.points[MEDIAPIPE]) for reading in (output, target, floor)]
        return {"mouth opening error (MediaPipe)": gaps[0] - gaps[1] - (gaps[2] - gaps[1])}

    judge_the_check(check, mouth_errors, without_floor, signed)


def test_closure_is_a_share_of_the_closed_targets(face: Landmarks, judge_the_check: Judging) -> None:
    targets = [with_lips(face, gap) for gap in (0.0, 0.0, 0.2, 0.2)]
    outputs = [with_lips(face, gap) for gap in (0.0, 0.2, 0.0, 0.0)]

    def check(metric: Callable) -> None:
        assert metric(outputs, targets)["lip closure kept (MediaPipe)"] == 0.5

    def openings(readings: list[Reading]) -> np.ndarray:
        return np.array([mouth_opening(reading.points[MEDIAPIPE]) for reading in readings])

    def of_all_frames(outputs: list[Reading], targets: list[Reading]) -> dict[str, float]:
        return {"lip closure kept (MediaPipe)": float((openings(outputs) < MOUTH_CLOSED).mean())}

    def the_other_way_round(outputs: list[Reading], targets: list[Reading]) -> dict[str, float]:
        kept = closure_kept(openings(targets), openings(outputs), MOUTH_CLOSED, MOUTH_CLOSED)
        return {"lip closure kept (MediaPipe)": kept}

    judge_the_check(check, closures_kept, of_all_frames, the_other_way_round)


def turned(yaw: float) -> Landmarks:
    cos, sin = np.cos(yaw), np.sin(yaw)
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return apply_pose(face_model().mean, Pose(rotation, 40.0, np.array([124.5, 101.0, 0.0])))


def test_gaze_is_that_of_the_eyes_not_of_the_head(judge_the_check: Judging) -> None:
    def check(metric: Callable) -> None:
        assert np.linalg.norm(metric(turned(0.4)) - metric(turned(0.0))) < 0.01

    def in_the_picture(landmarks: Landmarks) -> np.ndarray:
        return landmarks[[468, 473], :2].mean(0) / 40 - landmarks[[33, 263], :2].mean(0) / 40

    judge_the_check(check, gaze, in_the_picture)


def test_head_motion_counts_every_step(judge_the_check: Judging) -> None:
    asked = [turned(yaw) for yaw in (0.0, 0.2, 0.0, 0.2, 0.0)]  # shakes its head and ends where it was

    def check(metric: Callable) -> None:
        assert metric(asked, asked) == pytest.approx(1)
        assert metric([turned(yaw / 2) for yaw in (0.0, 0.2, 0.0, 0.2, 0.0)], asked) == pytest.approx(0.5, abs=0.05)
        assert metric([asked[0]] * 5, asked) == 0

    def from_first_to_last(outputs: list[Landmarks], asked: list[Landmarks]) -> float:
        return float(np.abs(outputs[-1] - outputs[0]).sum() / max(np.abs(asked[-1] - asked[0]).sum(), 1e-9))

    judge_the_check(check, head_motion_energy, from_first_to_last)


def test_intervals_draw_the_same_people_for_both(judge_the_check: Judging) -> None:
    second = np.random.default_rng(0).normal(size=20)
    first = second + 0.1  # everyone gains the same: the difference is certain, whoever is drawn

    def check(compare: Callable) -> None:
        low, high = compare(first, second, 0)
        assert (low, high) == pytest.approx((0.1, 0.1))

    def unpaired(first: np.ndarray, second: np.ndarray, seed: int) -> tuple[float, float]:
        random = np.random.default_rng(seed)
        means = [random.choice(side, (2000, len(side))).mean(-1) for side in (first, second)]
        return tuple(np.percentile(means[0] - means[1], (2.5, 97.5)))

    judge_the_check(check, lambda a, b, seed: compare_paired(a, b, seed).difference_interval, unpaired)
