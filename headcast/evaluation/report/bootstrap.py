"""One figure per identity for two rivals in, the mean difference with its 95 % interval out.

Identities are drawn again, not frames: frames of one person are no independent evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NUM_RESAMPLES: Final = 10_000


@dataclass(frozen=True)
class Comparison:
    """Means over identities of two rivals, and how the first differs from the second.

    `difference` = first - second; `relative` = first / second - 1 of the means (-0.1: a tenth less), not finite
    where the second is 0.
    Intervals hold 95 % of the resamples.
    """

    num_identities: int
    first: float
    second: float
    difference: float
    difference_interval: tuple[float, float]
    relative: float
    relative_interval: tuple[float, float]


def compare_paired(first: Sequence[float], second: Sequence[float], seed: int) -> Comparison:
    """Compare two rivals by one figure per identity each, in the same order; identities with a NaN are left out.

    Raises ValueError when the lengths differ or fewer than two identities remain.
    """
    if len(first) != len(second):
        raise ValueError(f"paired figures must match one to one, but there are {len(first)} and {len(second)}")
    pairs = np.array([first, second], np.float64)
    pairs = pairs[:, np.isfinite(pairs).all(0)]
    num_identities = pairs.shape[1]
    if num_identities < 2:
        raise ValueError(f"an interval needs figures of at least two identities, not {num_identities}")
    drawn = np.random.default_rng(seed).integers(num_identities, size=(NUM_RESAMPLES, num_identities))
    means = pairs[:, drawn].mean(-1)
    mean_first, mean_second = pairs.mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Comparison(
            num_identities,
            float(mean_first),
            float(mean_second),
            float(mean_first - mean_second),
            _interval(means[0] - means[1]),
            float(mean_first / mean_second - 1),
            _interval(means[0] / means[1] - 1),
        )


def mean_interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of one figure per identity; NaNs are left out, one identity has no width."""
    finite = np.array([value for value in values if np.isfinite(value)], np.float64)
    if not len(finite):
        raise ValueError("an interval needs at least one finite figure")
    drawn = np.random.default_rng(seed).integers(len(finite), size=(NUM_RESAMPLES, len(finite)))
    return _interval(finite[drawn].mean(-1))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the central 95 % of the values."""
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
