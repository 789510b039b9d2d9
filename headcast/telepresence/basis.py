"""Nothing in, how faces usually move beyond pose and controls out: statistics made by tools/fit_motion_basis.py."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, LEFT_IRIS, OUTER_LIPS, RIGHT_EYE, RIGHT_IRIS
from headcast.types import NUM_LANDMARKS

BASIS_PATH: Final = Path(__file__).parent / "assets" / "motion_basis.safetensors"

_LIPS_AND_LIDS: Final = 2.0
"""How much more a landmark of lips, lids or irises weighs than another: that is where viewers look."""


@dataclass(frozen=True)
class MotionBasis:
    """Directions (K, 478, 3) in which a face moves beyond its controls, in eye distances, orthonormal when weighted.

    `steady` and `moving` are the entropy coder's levels (N,) of the numbers of a frame: as they are, measured from the
    reference face, and as changes from a frame a moment before.
    """

    directions: NDArray[np.float64]
    steady: NDArray[np.int64]
    moving: NDArray[np.int64]

    def coordinates(self, move: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far (K,) a move of the landmarks (478, 3) goes along each direction."""
        weights = landmark_weights()[:, None] ** 2
        return np.asarray(np.einsum("kpx,px->k", self.directions, weights * move))

    def move(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the move (478, 3) with these coordinates."""
        return np.asarray(np.einsum("k,kpx->px", coordinates, self.directions))


def landmark_weights() -> NDArray[np.float64]:
    """Return how much each landmark (478,) counts."""
    weights = np.ones(NUM_LANDMARKS)
    weights[list({*OUTER_LIPS, *INNER_LIPS, *RIGHT_EYE, *LEFT_EYE, *RIGHT_IRIS, *LEFT_IRIS})] = _LIPS_AND_LIDS
    return weights


@cache
def motion_basis() -> MotionBasis:
    """Return the statistics that come with the package."""
    arrays = load_file(BASIS_PATH)
    levels = (arrays[name].astype(np.int64) for name in ("steady", "moving"))
    return MotionBasis(arrays["directions"].astype(np.float64), *levels)
