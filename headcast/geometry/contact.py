"""A face in its own frame in, the same face with lips and lids opened exactly as wide as told out.

Contact is what viewers notice first: a mouth that closes must close, a blink must shut. The modes move jaw, cheeks
and lids; then the pairs of opposite points are brought to the asked distance, so that closed means touching.
"""

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import CONTROLS, Face, change_expression, measure_controls
from headcast.geometry.topology import (
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)

OPENINGS = (CONTROLS.index("lip_gap"), CONTROLS.index("right_eye_opening"), CONTROLS.index("left_eye_opening"))
RINGS = (
    (INNER_LIP_UPPER, INNER_LIP_LOWER, 0.5),  # both lips meet half-way
    (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, 0.85),  # the upper lid does most of a blink
    (LEFT_EYE_UPPER, LEFT_EYE_LOWER, 0.85),
)
NEARLY_CLOSED = 0.04  # eye distances under which every pair of points closes in proportion


def set_openings(face: Face, openings: NDArray[np.float64]) -> Face:
    """Return the face with lip gap, right and left lid opening (3,) in eye distances, each at least 0."""
    change = np.zeros(len(CONTROLS))
    change[list(OPENINGS)] = np.maximum(openings, 0) - measure_controls(face)[list(OPENINGS)]
    face = change_expression(face, change)
    for (upper, lower, upper_share), opening in zip(RINGS, openings, strict=True):
        _close_pairs(face, list(upper[1:-1]), list(lower[1:-1]), upper_share, float(opening))
    return face


def _close_pairs(face: Face, upper: list[int], lower: list[int], upper_share: float, opening: float) -> None:
    """Uncross opposite points and, near closure, draw every pair together, in place."""
    gaps = face[lower] - face[upper]
    wanted = gaps.copy()
    wanted[:, 1] = np.maximum(gaps[:, 1], 0)
    wanted *= min(1.0, max(opening, 0.0) / NEARLY_CLOSED)
    face[upper] += upper_share * (gaps - wanted)
    face[lower] -= (1 - upper_share) * (gaps - wanted)
