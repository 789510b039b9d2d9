"""Frames in, how far mouth and eyes are open in each out: whether a face still moves as it did."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headcast.errors import FaceError
from headcast.geometry.contact import OPENINGS
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.tracking.track import find_face
from headcast.types import Image


def measure_openings(frames: Sequence[Image]) -> NDArray[np.float64]:
    """Return lip gap and mean lid opening (N, 2) in eye distances; NaN for a frame in which no face is found."""
    return np.array([_openings(frame) for frame in frames])


def _openings(frame: Image) -> tuple[float, float]:
    try:
        landmarks = find_face(frame)
    except FaceError:
        return np.nan, np.nan
    lips, right, left = measure_controls(remove_pose(landmarks, fit_pose(landmarks)))[list(OPENINGS)]
    return float(lips), float((right + left) / 2)
