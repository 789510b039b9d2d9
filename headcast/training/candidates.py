"""Candidates for one person's generator in, their measures and the best of them out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from headcast.networks.discriminator import Discriminator
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks, content_terms
from headcast.training.episode import EpisodeBatch
from headcast.training.meta import autocast, weighted_sum
from headcast.training.personal import PersonalNetworks, bind_identity, score_bound

LESS_REAL: Final = 0.1
"""How far a candidate's score may lie below the start's; the hinge asks for scores of 1 and -1."""


@dataclass(frozen=True)
class Candidate:
    """One state of the generator, after `share` of the steps.

    `distance` from true frames that it did not learn from: content loss, less is better. `realism` of moving frames:
    the meta-trained discriminator's score, more is better.
    """

    share: float
    distance: float
    realism: float


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The nearest to the true frames of those that look at least as real as the start, the first; the start if none."""
    start = candidates[0]
    real = [candidate for candidate in candidates if candidate.realism >= start.realism - LESS_REAL]
    return min(real, key=lambda candidate: candidate.distance)


def reason(candidates: Sequence[Candidate], kept: Candidate, frames: str) -> str:
    """Why a candidate was kept, in a line; `frames` names what the distances were measured on."""
    start = candidates[0]
    if len(candidates) == 1:
        return "kept the start: nothing else was judged before the end"
    if kept is start:
        return f"kept the start: no later candidate was nearer to {frames} and looked as real"
    nearer = 1.0 - kept.distance / max(start.distance, 1e-9)
    return (
        f"kept {kept.share:.0%} of the tuning: {nearer:.1%} nearer to {frames} than the start, "
        f"realism {start.realism:+.2f} to {kept.realism:+.2f}"
    )


class Judge:
    """Measures candidates: `episodes` have true targets, `motions` have none; neither were learned from."""

    def __init__(
        self,
        discriminator: Discriminator,
        embedding: Tensor,
        judging: tuple[EpisodeBatch, EpisodeBatch],
        features: FeatureNetworks,
        weights: LossWeights,
        precision: str,
    ) -> None:
        self._discriminator = bind_identity(discriminator, embedding)  # w0 + e_NEW, and it stays so
        self._episodes, self._motions = judging
        self._features, self._weights = features, replace(weights, crop=0.0)
        self._precision = precision

    @torch.no_grad()
    def __call__(self, networks: PersonalNetworks, share: float) -> Candidate:
        """Measure the networks as they are now, after `share` of the steps."""
        networks.generator.eval()
        with autocast(torch.device("cpu"), self._precision):
            frames, moving = (networks.generate(each.conditioning) for each in (self._episodes, self._motions))
            terms = content_terms(frames, self._episodes, frames.new_zeros(0), self._features, self._weights)
        # in full precision: candidates differ by less than bf16 can tell
        scores, _ = score_bound(self._discriminator, moving.float(), self._motions.conditioning[:, :3])
        return Candidate(share, float(weighted_sum(terms, self._weights)), float(scores.mean()))
