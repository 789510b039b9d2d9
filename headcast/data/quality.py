"""A tracked clip in, figures of how good it is out, and the reason why it cannot be used, if there is one."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from headcast.data.cut import FRAME_SIZE, TrackedClip
from headcast.geometry.measures import face_size
from headcast.geometry.pose import fit_pose, rotation_vector
from headcast.tracking.quality import sharpness, true_resolution

QUALITY: Final = ("face_size", "sharpness", "true_resolution", "pose_spread", "tracking_loss", "largest_step")
"""What is measured: the face in pixels of the source; how many pixels across the face in a frame show all its detail,
and their share; degrees of turning; the share of frames without the face; the largest step between two frames, in face
sizes."""

MIN_FACE_SIZE: Final = 64  # pixels of the source
MIN_SHARPNESS: Final = 32  # pixels across the face
MAX_TRACKING_LOSS: Final = 0.2
MAX_STEP: Final = 0.5  # face sizes: the picture was cut, or the tracker jumped to another face

_NUM_JUDGED: Final = 9  # frames, evenly spaced, for what changes slowly and takes long to measure


def measure_quality(clip: TrackedClip) -> dict[str, float]:
    """Return the figures named in QUALITY."""
    judged = np.unique(np.linspace(0, len(clip.landmarks) - 1, _NUM_JUDGED).round().astype(int))
    details = [(clip.frames[number], clip.landmarks[number]) for number in judged]
    in_frame = float(np.median([face_size(landmarks) for _, landmarks in details]))
    figures = {
        "face_size": in_frame * clip.box.width / FRAME_SIZE,
        "sharpness": float(np.median([sharpness(*detail) for detail in details])),
        "true_resolution": float(np.median([true_resolution(*detail) for detail in details])),
        "pose_spread": _pose_spread(clip, judged),
        "tracking_loss": 1 - float(clip.found.mean()),
        "largest_step": _largest_step(clip) / in_frame,
    }
    return {name: round(value, 4) for name, value in figures.items()}


def reason_to_leave_out(quality: Mapping[str, float]) -> str | None:
    """Return why a clip with these figures cannot be used, None where it can."""
    if quality["face_size"] < MIN_FACE_SIZE:
        return "small face"
    if quality["sharpness"] < MIN_SHARPNESS:
        return "blurred"
    if quality["tracking_loss"] > MAX_TRACKING_LOSS:
        return "face often lost"
    return "jumps" if quality["largest_step"] > MAX_STEP else None


def _pose_spread(clip: TrackedClip, judged: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """Root-mean-square angle in degrees between the frames' poses and the middle one's."""
    rotations = np.array([fit_pose(clip.landmarks[number]).rotation for number in judged])
    middle = rotations[len(rotations) // 2]
    turns = rotation_vector(rotations @ middle.T)
    return float(np.degrees(np.sqrt(((turns - turns.mean(0)) ** 2).sum(1).mean())))


def _largest_step(clip: TrackedClip) -> float:
    """How far, in pixels of the frames, the middle of the face moved at most from one frame to the next."""
    middles = clip.landmarks[:, :, :2].mean(1)
    return float(np.linalg.norm(np.diff(middles, axis=0), axis=1).max(initial=0.0))
