"""Landmarks or numbers in, sizes and shares out: the small measures that every room shares."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.topology import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from headcast.types import Landmarks

Real = TypeVar("Real", np.float32, np.float64)


def face_size(landmarks: Landmarks) -> float:
    """Return the longer side of the box around the landmarks, in pixels."""
    return float(np.ptp(landmarks[:, :2], axis=0).max())


def eye_distance(points: NDArray[Real]) -> float:
    """Return the distance between the eye centres of landmarks or a face (478, 3), in their own unit."""
    right, left = (points[list(corners)].mean(axis=0) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    return float(np.linalg.norm(right - left))


def smoothstep(value: NDArray[Real], low: float, high: float) -> NDArray[Real]:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
