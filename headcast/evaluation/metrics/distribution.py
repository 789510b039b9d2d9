"""Feature vectors of outputs and of real frames in, FID and KID out: how far the two sets stand apart.

The published figures use InceptionV3; figures of other features carry their name and compare only with themselves.
"""

import warnings
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from headcast.errors import MissingPackageError

MIN_FRAMES: Final = 2


def feature_set_distances(outputs: NDArray[np.float32], real: NDArray[np.float32], features: str) -> dict[str, float]:
    """Return FID and KID of two sets of vectors (n, d) and (m, d), by torchmetrics; `features` names the network.

    FID is biased upwards for few frames, KID is not; KID is the unbiased estimate over all frames at once, so it
    may fall below 0. Raises ValueError for fewer than two frames a side.
    """
    if min(len(outputs), len(real)) < MIN_FRAMES:
        raise ValueError(f"FID and KID need at least {MIN_FRAMES} frames a side, not {len(outputs)} and {len(real)}")
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.kid import KernelInceptionDistance
    except ImportError as error:
        raise MissingPackageError('FID and KID need torchmetrics; run pip install "headcast[evaluate]"') from error
    fid = FrechetInceptionDistance(feature=_Given(outputs.shape[1])).set_dtype(torch.float64)
    size = min(len(outputs), len(real))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of memory: vectors of a few thousand frames are small
        # all frames in one subset: nothing is left to chance
        kid = KernelInceptionDistance(feature=_Given(outputs.shape[1]), subsets=1, subset_size=size)
    for metric in (fid, kid):
        metric.update(torch.from_numpy(real.astype(np.float64)), real=True)
        metric.update(torch.from_numpy(outputs.astype(np.float64)), real=False)
    return {f"FID ({features})": float(fid.compute()), f"KID ({features})": float(kid.compute()[0])}


class _Given(torch.nn.Module):
    """Stands where torchmetrics expects the network: the features are computed already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the features as they are."""
        return features
