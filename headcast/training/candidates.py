"""Candidates for one person's generator in, their measures and the best of them out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from headcast.networks.discriminator import Discriminator
from headcast.networks.tensors import tensor_to_image
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks, content_terms
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import weighted_sum
from headcast.training.personal import PersonalNetworks, bind_identity, score_bound
from headcast.training.precision import autocast
from headcast.types import Image

LESS_REAL: Final = 0.1
"""How far a candidate's score may lie below the start's; the hinge asks for scores of 1 and -1."""

LEAST_SPREAD: Final = 0.01
"""Of the start's openings, in eye distances; a smaller one is the tracker's noise and is not compared."""

Openings = NDArray[np.float64]
MeasureOpenings = Callable[[Sequence[Image]], Openings]
"""Frames in; how far mouth and lids are open (N, 2) in eye distances out, NaN where no face is seen."""


@dataclass(frozen=True)
class Candidate:
    """One state of the generator, after `share` of the steps.

    `distance` from true frames that it did not learn from: content loss, less is better. `realism` of moving frames:
    the meta-trained discriminator's score, more is better. `liveliness`: how far the movement of mouth or lids,
    whichever changed more, is the start's: 1 is the same, 0.8 a fifth less or a quarter more.
    """

    share: float
    distance: float
    realism: float
    liveliness: float = 1.0


def choose(candidates: Sequence[Candidate], least_liveliness: float) -> Candidate:
    """The nearest to the true frames of those that look as real as the start, which comes first, and are as lively."""
    start = candidates[0]
    fit = [one for one in candidates if one.realism >= start.realism - LESS_REAL and one.liveliness >= least_liveliness]
    return min(fit, key=lambda candidate: candidate.distance)


def reason(candidates: Sequence[Candidate], kept: Candidate, frames: str) -> str:
    """Why a candidate was kept, in a line; `frames` names what the distances were measured on."""
    start = candidates[0]
    if len(candidates) == 1:
        return "kept the untuned model: nothing else was judged before the end"
    if kept is start:
        return f"kept the untuned model: no later candidate was nearer to {frames}, looked as real and moved as much"
    nearer = 1.0 - kept.distance / max(start.distance, 1e-9)
    alive = max(kept.liveliness, 0.0)  # a movement against the start's is none of it
    return (
        f"kept {kept.share:.0%} of the tuning: {nearer:.1%} nearer to {frames} than the untuned model, "
        f"realism {start.realism:+.2f} to {kept.realism:+.2f}, "
        f"{alive:.0%} of its expression"
    )


class Judge:
    """Measures candidates: `episodes` have true targets, `motions` have none; neither were learned from.

    The first that it measures is the start.
    """

    def __init__(
        self,
        discriminator: Discriminator,
        embedding: Tensor,
        episodes: EpisodeBatch,
        motions: EpisodeBatch,
        measure_openings: MeasureOpenings,
        features: FeatureNetworks,
        weights: LossWeights,
        *,
        precision: str = "auto",
    ) -> None:
        self._discriminator = bind_identity(discriminator, embedding)  # w0 + e_NEW, and it stays so
        self._episodes, self._motions = episodes, motions
        self._measure_openings = measure_openings
        self._features, self._weights = features, replace(weights, crop=0.0)
        self._precision = precision
        self._openings_at_start: Openings | None = None

    @torch.no_grad()
    def __call__(self, networks: PersonalNetworks, share: float) -> Candidate:
        """Measure the networks as they are now, after `share` of the steps."""
        networks.generator.eval()
        with autocast(torch.device("cpu"), self._precision):
            frames, moving = (networks.generate(each.conditioning) for each in (self._episodes, self._motions))
            terms = content_terms(frames, self._episodes, frames.new_zeros(0), self._features, self._weights)
        # in full precision: candidates differ by less than bf16 can tell
        scores, _ = score_bound(self._discriminator, moving.float(), self._motions.conditioning[:, :3])
        openings = self._measure_openings([tensor_to_image(frame) for frame in moving])
        if self._openings_at_start is None:
            self._openings_at_start = openings
        alive = liveliness(openings, self._openings_at_start)
        return Candidate(share, float(weighted_sum(terms, self._weights)), float(scores.mean()), alive)


def liveliness(openings: Openings, start: Openings) -> float:
    """How far the movement is still the start's, from the slopes of columns of openings (N, C) over the start's.

    A slope above 1 counts as its inverse: lids that go further than before, and then past each other, are no better.
    """
    kept = [1.0]
    for now, before in zip(openings.T, start.T, strict=True):
        seen = np.isfinite(now) & np.isfinite(before)
        if np.count_nonzero(seen) < 2 or before[seen].std() < LEAST_SPREAD:
            continue
        spread = before[seen] - before[seen].mean()
        slope = float((now[seen] * spread).sum() / (spread**2).sum())
        kept.append(slope if slope <= 1 else 1 / slope)
    return min(kept)
