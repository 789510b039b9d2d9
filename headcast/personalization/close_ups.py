"""A person's sitters and the close-ups of the package in, close-ups tuned to that person out, where that helps.

The mouth and the eyes that are painted apart learn from the person's own pictures for seconds; of what they are on the
way, the start included, that is kept which is nearest to pictures held out.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from headcast.avatars.avatar import Avatar
from headcast.avatars.from_torch import arrays_of
from headcast.avatars.graph import Arrays
from headcast.avatars.traced import rebuild_generator
from headcast.avatars.weights import Weights
from headcast.networks.lite_generator import MAPS, WARPED
from headcast.networks.model import Generator
from headcast.personalization.close_up_rows import FEWEST, PartRows, Rows, close_up_rows
from headcast.reenact.close_up import parameters_of
from headcast.reenact.sitter import Sitter, avatar_shots
from headcast.tracking.crop import crop_image
from headcast.training.candidates import Candidate, choose
from headcast.training.content import OFFLINE_SCALE
from headcast.training.finetune import ADVICE, CANDIDATE_SHARES
from headcast.training.losses import pyramid_loss
from headcast.training.paper_step import update
from headcast.training.precision import autocast

STEPS: Final = 60
BATCH_SIZE: Final = 4
RATE: Final = 5e-5
BETAS: Final = (0.5, 0.99)
TOGETHER: Final = 8.0  # how much sooner close-ups made of all shots are drawn than those of one
CLOSED: Final = 0.3  # of the usual area, that even a shut mouth counts as when rows are drawn
LIGHT: Final = 0.08  # by how much (e to the power of so many) light is changed from batch to batch
LEAST_GAIN: Final = 0.03  # of the distance from held-out pictures, which are few: less says nothing
INSIDE: Final = MAPS.start + 1  # the map of what lies between lips or lids, in all parts
BESIDE, MIDDLE = 0.05, 3.0  # weights of what is not shown of a close-up, and of what is inside of lips or lids
LEAST_SECONDS: Final = 1e-3  # of a part: with no time left it learns one step
CPU: Final = torch.device("cpu")

Parameters = NDArray[np.float32]


@dataclass(frozen=True)
class TunedPart:
    """One part's close-up after tuning: generator and AdaIN parameters (1, P), None where the package's stays."""

    weights: Weights
    parameters: Parameters | None
    candidates: tuple[Candidate, ...]
    kept: Candidate
    reason: str


def tune_close_ups(
    close_ups: Mapping[str, Weights],
    sitters: Sequence[Sitter],
    *,
    steps: int = STEPS,
    seconds: float = math.inf,
    seed: int = 0,
    report: Callable[[float], None] = lambda share: None,
) -> Iterator[tuple[str, TunedPart]]:
    """Tune each part's close-up to the person, one after the other; none of too few sitters to hold one out.

    It ends after `steps` of each part, or after so many `seconds` in all. `report` is told the share of the work that
    is done.
    """
    if len(sitters) < FEWEST:
        return
    end = time.monotonic() + seconds
    rows = close_up_rows(close_ups, sitters, seed)
    for number, (part, weights) in enumerate(close_ups.items()):
        left = max((end - time.monotonic()) / (len(close_ups) - number), LEAST_SECONDS)
        tuned = _tune(part, weights, sitters, rows[part], steps, left, seed)
        report((number + 1) / len(close_ups))
        yield part, tuned


def with_tuned(avatar: Avatar, tuned: Mapping[str, TunedPart]) -> Avatar:
    """Return the avatar with the close-ups that were tuned, and no others."""
    kept = {part: (one.weights, one.parameters) for part, one in tuned.items() if one.parameters is not None}
    return replace(
        avatar,
        close_ups={part: weights for part, (weights, _) in kept.items()},
        close_up_parameters={part: parameters for part, (_, parameters) in kept.items()},
    )


def _tune(
    part: str,
    weights: Weights,
    sitters: Sequence[Sitter],
    rows: PartRows,
    steps: int,
    seconds: float,
    seed: int,
) -> TunedPart:
    started = time.monotonic()
    photo = crop_image(sitters[0].photo, sitters[0].box, sitters[0].patch_size)
    tuner = _Tuner(weights, parameters_of(part, weights, avatar_shots(sitters), photo), seed)
    candidates = [Candidate(0.0, tuner.distance(rows.held_out), 0.0)]
    best, kept = tuner.snapshot(), candidates[0]
    waiting, step = list(CANDIDATE_SHARES), 0
    while waiting:
        tuner.learn(rows.learned)
        step += 1
        share = min(1.0, max(step / steps, (time.monotonic() - started) / seconds))
        if share >= waiting[0]:
            waiting = [later for later in waiting if later > share]
            candidates.append(Candidate(share, tuner.distance(rows.held_out), 0.0))
            if choose(candidates, 0.0) is candidates[-1]:
                best, kept = tuner.snapshot(), candidates[-1]
    if kept.distance > (1 - LEAST_GAIN) * candidates[0].distance:
        kept = candidates[0]
    why = _reason(candidates[0], kept)
    if kept is candidates[0]:
        return TunedPart(weights, None, tuple(candidates), kept, why)
    tuner.restore(best)
    generator, parameters = tuner.result()
    tuned = Weights(weights.config, {}, generator)
    return TunedPart(tuned, parameters, tuple(candidates), kept, why)


def _reason(start: Candidate, kept: Candidate) -> str:
    if kept is start:
        return f"kept the untuned close-up: tuning came no {LEAST_GAIN:.0%} nearer to held-out shots"
    nearer = 1.0 - kept.distance / max(start.distance, 1e-9)
    return f"kept {kept.share:.0%} of the tuning: {nearer:.1%} nearer to held-out shots than the untuned close-up"


class _Tuner:
    """One close-up's generator for one person, in training, with its free AdaIN parameters."""

    def __init__(self, weights: Weights, parameters: Parameters, seed: int) -> None:
        self._generator: Generator = rebuild_generator(weights.config, weights.generator)
        self._parameters = nn.Parameter(torch.from_numpy(parameters.copy()))
        own = [value for name, value in self._generator.named_parameters() if not name.startswith("projection")]
        self._moving = [self._parameters, *(value.requires_grad_(True) for value in own)]
        self._optimizer = Adam(self._moving, RATE, BETAS)
        self._random = np.random.default_rng(seed)

    def learn(self, rows: Rows) -> None:
        """Take one step on some of the rows, those with wide mouths and open eyes first, in a light of their own."""
        area = rows.mask.sum((1, 2, 3))
        wanted = (area + CLOSED * area.mean()) * np.where(rows.together, TOGETHER, 1.0)
        some = self._random.choice(len(area), min(BATCH_SIZE, len(area)), False, wanted / wanted.sum())
        conditioning, target, mask = _tensors(rows, some)
        gain, gamma = (
            torch.from_numpy(np.exp(self._random.normal(0, LIGHT, (len(some), 1, 1, 1)))).float() for _ in range(2)
        )
        conditioning[:, WARPED], target = (
            2 * (((picture + 1) / 2).clamp(1e-4, 1) ** gamma * gain).clamp(0, 1) - 1
            for picture in (conditioning[:, WARPED], target)
        )
        loss = self._distance(conditioning, target, mask)
        update([(loss, {"distance": loss})], [self._optimizer], ADVICE)

    @torch.no_grad()
    def distance(self, rows: Rows) -> float:
        """Return how far what is shown of all rows is from the true pictures."""
        return float(self._distance(*_tensors(rows, np.arange(len(rows.target)))))

    def snapshot(self) -> list[Tensor]:
        """Return a copy of all that learns."""
        return [value.detach().clone() for value in self._moving]

    @torch.no_grad()
    def restore(self, values: Sequence[Tensor]) -> None:
        """Go back to a snapshot."""
        for value, before in zip(self._moving, values, strict=True):
            value.copy_(before)

    def result(self) -> tuple[Arrays, Parameters]:
        """Return the weights and the AdaIN parameters as they are now."""
        return arrays_of(self._generator), np.asarray(self._parameters.detach().numpy(), np.float32).copy()

    def _distance(self, conditioning: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        with autocast(CPU, "auto"):
            painted = self._generator(conditioning, self._parameters.expand(len(target), -1)).image.float()
        inside = conditioning[:, INSIDE : INSIDE + 1]
        weights = BESIDE + mask + MIDDLE * functional.avg_pool2d(inside, 5, 1, 2)
        return OFFLINE_SCALE * pyramid_loss(target + mask * (painted - target), target, weights)


def _tensors(rows: Rows, some: NDArray[np.intp]) -> tuple[Tensor, Tensor, Tensor]:
    conditioning, target, mask = (torch.from_numpy(each[some]) for each in (rows.conditioning, rows.target, rows.mask))
    return conditioning, target, mask
