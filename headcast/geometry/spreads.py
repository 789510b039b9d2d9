"""Controls and rotations in, how far faces are apart out: in *spreads*, how much each usually varies within a clip.

So expression and pose, which have different units, can be weighed against each other.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import Controls, rotation_vector

Array = NDArray[np.float64]

CONTROL_SPREAD: Final = np.array([0.12, 0.1, 0.04, 0.05, 0.035, 0.035, 0.03, 0.02])
"""Of each of pose.CONTROLS, in eye distances."""

ROTATION_SPREAD: Final = 0.15
"""Radians."""


def controls_in_spreads(controls: Controls) -> Array:
    """Return controls (..., 8) in spreads."""
    return np.asarray(controls / CONTROL_SPREAD)


def turn_in_spreads(rotation: Array) -> Array:
    """Return axis times angle (..., 3) of rotation matrices (..., 3, 3) in spreads."""
    return rotation_vector(rotation) / ROTATION_SPREAD


def expression_distance(controls: Controls, other: Controls) -> Array:
    """Return how far expressions (..., 8) are apart (...)."""
    return np.asarray(np.linalg.norm(controls_in_spreads(controls - other), axis=-1))


def turn_distance(rotation: Array, other: Array) -> Array:
    """Return how far heads (..., 3, 3) are turned from another (3, 3): (...)."""
    return np.asarray(np.linalg.norm(turn_in_spreads(rotation @ other.T), axis=-1))
