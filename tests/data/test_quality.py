"""Figures of clips that were made to have them."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from headcast.data.cut import TrackedClip, track_photo
from headcast.data.quality import QUALITY, measure_quality, reason_to_leave_out
from headcast.geometry.pose import apply_pose, fit_pose, remove_pose
from headcast.types import Box, Landmarks

GOOD = {
    "face_size": 150.0,
    "sharpness": 80.0,
    "true_resolution": 0.7,
    "pose_spread": 3.0,
    "tracking_loss": 0.0,
    "largest_step": 0.05,
}


@pytest.fixture(scope="module")
def still(astronaut_path) -> TrackedClip:
    return track_photo(astronaut_path)


def test_a_still_does_not_move_and_is_as_large_as_in_its_photo(still: TrackedClip) -> None:
    quality = measure_quality(still)
    assert set(quality) == set(QUALITY)
    assert (quality["pose_spread"], quality["tracking_loss"], quality["largest_step"]) == (0, 0, 0)
    assert 90 < quality["face_size"] < 150  # of the photo's 512
    assert quality["face_size"] == pytest.approx(still.box.width / 256 * np.ptp(still.landmarks[0, :, 1]), rel=0.15)
    assert 0 < quality["sharpness"] <= 256
    assert reason_to_leave_out(quality) is None


def test_a_blurred_still_is_less_sharp(still: TrackedClip) -> None:
    blurred = replace(still, frames=cv2.GaussianBlur(still.frames[0], (0, 0), 8)[None])
    assert measure_quality(blurred)["sharpness"] < 0.5 * measure_quality(still)["sharpness"]
    assert measure_quality(blurred)["true_resolution"] < measure_quality(still)["true_resolution"]


def test_turning_is_measured_in_degrees(still: TrackedClip) -> None:
    """Half the frames turned by 10 degrees about the viewing axis lie 5 degrees from the mean, and so do the others."""
    pose = fit_pose(still.landmarks[0])
    angle = np.radians(10)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turned = apply_pose(remove_pose(still.landmarks[0], pose), replace(pose, rotation=turn @ pose.rotation))
    quality = measure_quality(_clip(still, [still.landmarks[0], still.landmarks[0], turned, turned]))
    assert quality["pose_spread"] == pytest.approx(5, abs=0.1)


def test_steps_and_lost_frames_are_measured(still: TrackedClip) -> None:
    face = still.landmarks[0]
    far = face + np.array([30, 40, 0], np.float32)
    quality = measure_quality(_clip(still, [face, face, far, far], found=[True, True, True, False]))
    assert quality["tracking_loss"] == 0.25
    assert quality["largest_step"] * np.ptp(face[:, :2], axis=0).max() == pytest.approx(50, rel=0.01)
    assert quality["pose_spread"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("face_size", 63, "small face"),
        ("sharpness", 31, "blurred"),
        ("tracking_loss", 0.21, "face often lost"),
        ("largest_step", 0.51, "jumps"),
    ],
)
def test_each_fault_has_its_reason(name: str, value: float, reason: str) -> None:
    assert reason_to_leave_out(GOOD) is None
    assert reason_to_leave_out(GOOD | {name: value}) == reason


def _clip(still: TrackedClip, landmarks: list[Landmarks], found: Sequence[bool] = (True,) * 4) -> TrackedClip:
    """The still as a clip of four frames with these landmarks."""
    return TrackedClip(
        still.frames.repeat(4, 0),
        still.mattes.repeat(4, 0),
        np.stack(landmarks),
        np.array(found),
        Fraction(10),
        Box(0, 0, 256, 256),
        (256, 256),
    )
