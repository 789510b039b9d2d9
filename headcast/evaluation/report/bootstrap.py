"""One figure per identity for two rivals in, the mean difference with its 95 % interval out.

Identities are resampled, not frames: frames of one person are no independent evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
    mean_first, mean_second = pairs.mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference_interval, relative_interval = _intervals(pairs, _differences, seed)
        return Comparison(
            num_identities,
            float(mean_first),
            float(mean_second),
            float(mean_first - mean_second),
            difference_interval,
            float(mean_first / mean_second - 1),
            relative_interval,
        )


def mean_interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of one figure per identity; NaNs are left out, one identity has no width."""
    finite = np.array([value for value in values if np.isfinite(value)], np.float64)
    if not len(finite):
        raise ValueError("an interval needs at least one finite figure")
    if len(finite) == 1:
        return float(finite[0]), float(finite[0])
    (interval,) = _intervals(finite[None], lambda values, axis: values.mean(axis)[None], seed)
    return interval


def _differences(first: NDArray[np.float64], second: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The difference of the means, and the relative one."""
    mean_first, mean_second = first.mean(axis), second.mean(axis)
    return np.stack([mean_first - mean_second, mean_first / mean_second - 1])


def _intervals(samples: NDArray[np.float64], statistics: Callable[..., Any], seed: int) -> list[tuple[float, float]]:
    """Return the central 95 % of each statistic over draws of identities, the same ones for all `samples` (n, people).

    `statistics` of samples and an axis stand along the first axis of what it returns.
    """
    num_people = samples.shape[1]
    drawn = np.random.default_rng(seed).integers(0, num_people, (NUM_RESAMPLES, num_people))
    lows, highs = np.percentile(statistics(*samples.take(drawn, 1), axis=-1), (2.5, 97.5), axis=-1)
    return list(zip(lows.tolist(), highs.tolist(), strict=True))
