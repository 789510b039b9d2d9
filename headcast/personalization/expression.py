"""Frames in, how far mouth and eyes are open in each out: whether a face still moves as it did."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.contact import OPENINGS
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.tracking.detector import Detector
from headcast.tracking.follow import FaceMesh, settled
from headcast.tracking.region import whole_picture
from headcast.types import Image

_CONFIDENCE: Final = 0.1  # paintings need it
_NUM_PASSES: Final = 6  # of the mesh: after three, a blink still depends on where the detector saw the face


def measure_openings(frames: Sequence[Image]) -> NDArray[np.float64]:
    """Return lip gap and mean lid opening (N, 2) in eye distances; NaN for a frame in which no face is found.

    Each frame shows one head, upright and near: no search through parts and turns of the picture, which takes longer.
    """
    detect, mesh = Detector(), FaceMesh()
    return np.array([_openings(frame, detect, mesh) for frame in frames])


def _openings(frame: Image, detect: Detector, mesh: FaceMesh) -> tuple[float, float]:
    found = detect(frame, whole_picture(frame), _CONFIDENCE)
    landmarks = settled(frame, found[0].region, mesh, _NUM_PASSES) if found else None
    if landmarks is None:
        return np.nan, np.nan
    lips, right, left = measure_controls(remove_pose(landmarks, fit_pose(landmarks)))[list(OPENINGS)]
    return float(lips), float((right + left) / 2)
