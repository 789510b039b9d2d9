"""A model and a few shots' episodes in, one person's generator out: few-shot learning (Zakharov et al. 2019, 3.3).

Every other batch holds on to what the feed-forward model does on built-in motions, so that expressions survive.
Along the way, the start included, candidates are judged; the best is kept, which may be the start.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import torch
from torch import Tensor
from torch.optim import Adam

from headcast.networks.model import Generator, Model
from headcast.networks.presets import PRESETS, ModelConfig
from headcast.training.augment import Augmentation, draw_augmentation
from headcast.training.candidates import Candidate, Judge, choose
from headcast.training.config import LossWeights, training_config
from headcast.training.content import FeatureNetworks, random_squares
from headcast.training.episode import EpisodeBatch
from headcast.training.paper_step import Setup, discriminator_loss, generator_loss, update
from headcast.training.personal import PersonalNetworks, no_identity
from headcast.training.precision import autocast
from headcast.training.run import with_offline_content

CANDIDATE_SHARES: Final = (0.25, 0.5, 1.0)
"""Of the steps, besides the start."""

FASTEST: Final = 1e-4
"""Of all weights: at four times this rate 100 steps brought the likeness, and the landmarks were no longer followed."""

ADVICE: Final = "while tuning: it diverged; try again with another --seed or fewer --steps"

CPU: Final = torch.device("cpu")


@dataclass(frozen=True)
class FinetuneConfig:
    """How an avatar is tuned: for `steps` steps, or for `seconds`."""

    steps: int | None = 100
    seconds: float | None = None
    seed: int = 0
    learning_rate: float = 1e-4  # generator
    discriminator_learning_rate: float = 1e-4
    adam_betas: tuple[float, float] = (0.5, 0.99)
    adam_epsilon: float = 1e-8
    moving: tuple[str, ...] = ("lift", "up", "head")  # parts of the generator that learn; all of it where empty
    pull: float = 0.003  # of the way back to the start after each step
    augment_discriminator: bool = True
    least_liveliness: float = 0.9  # of the start's movement of mouth and lids, that a candidate must keep
    crop_size: int = 128  # of the `crop` term, pixels
    precision: str = "auto"
    weights: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError("give either steps or seconds")
        if (self.steps or self.seconds or 0) <= 0:
            raise ValueError("steps or seconds must be positive")


def finetune_config(model: ModelConfig, features: FeatureNetworks, **changes: Any) -> FinetuneConfig:
    """The defaults for a form of the generator, with `changes`: the paper's own, or ours for `lite`."""
    usual = "lite" if model.reads_warped_shot else "paper"
    preset = next((name for name, sizes in PRESETS.items() if sizes == model), usual)
    meta = with_offline_content(training_config(preset, num_samples=1), features)  # its budget is not ours
    paper = {
        "moving": (),
        "pull": 0.0,
        "learning_rate": min(meta.learning_rate, FASTEST),
        "discriminator_learning_rate": min(meta.discriminator_learning_rate, 2 * FASTEST),
    }
    common: dict[str, Any] = {
        "adam_betas": meta.adam_betas,
        "adam_epsilon": meta.adam_epsilon,
        "augment_discriminator": meta.augment_discriminator,
        "weights": meta.weights,
    }
    form: dict[str, Any] = {} if model.reads_warped_shot else paper
    return FinetuneConfig(**{**common, **form, **changes})


@dataclass(frozen=True)
class Finetuned:
    """One person's generator with its AdaIN parameters (1, P), and how it was chosen among `candidates`."""

    generator: Generator
    adain_parameters: Tensor
    candidates: tuple[Candidate, ...]
    kept: Candidate
    num_steps: int
    interrupted: bool


def finetune(
    model: Model,
    embedding: Tensor,
    batches: Iterator[EpisodeBatch],
    moving: Sequence[EpisodeBatch],
    judge: Judge,
    config: FinetuneConfig,
    features: FeatureNetworks,
    report: Callable[[float], None] = lambda share: None,
) -> Finetuned:
    """Tune for the person of `embedding` (1, N); Ctrl-C keeps the best so far. HeadcastError for a loss that diverges.

    `batches` are episodes to learn from, `moving` built-in motions to hold on to; `judge` measures candidates, the
    start first. `report` is told the share of the work that is done.
    """
    tuner = _Finetuner(model, embedding, config, features)
    held = [tuner.with_own_frames(batch) for batch in moving]
    candidates = [judge(tuner.networks, 0.0)]
    best, kept = tuner.networks.snapshot(), candidates[0]
    waiting, interrupted, started, step = list(CANDIDATE_SHARES), False, time.monotonic(), 0
    try:
        while waiting:
            tuner.hold(held[step // 2 % len(held)]) if held and step % 2 else tuner.learn(next(batches))
            step += 1
            share = step / config.steps if config.steps else (time.monotonic() - started) / (config.seconds or 1.0)
            report(min(share, 1.0))
            if share >= waiting[0]:
                waiting = [later for later in waiting if later > share]
                candidates.append(judge(tuner.networks, min(share, 1.0)))
                if choose(candidates, config.least_liveliness) is candidates[-1]:
                    best, kept = tuner.networks.snapshot(), candidates[-1]
    except KeyboardInterrupt:
        interrupted = True
    networks = tuner.networks
    networks.restore(best)
    generator = networks.generator.eval().requires_grad_(False)
    return Finetuned(generator, networks.adain_parameters.detach(), tuple(candidates), kept, step, interrupted)


class _Finetuner:
    """One person's networks in training, and their optimisers."""

    def __init__(self, model: Model, embedding: Tensor, config: FinetuneConfig, features: FeatureNetworks) -> None:
        self.networks = PersonalNetworks(model, embedding, config.moving)
        self.config = config
        self.random = torch.Generator().manual_seed(config.seed)
        self._setup = Setup(self.networks.discriminator, features, config.weights, config.precision)
        betas, epsilon = config.adam_betas, config.adam_epsilon
        self.generator_optimizer = Adam(self.networks.moving().values(), config.learning_rate, betas, epsilon)
        self.discriminator_optimizer = Adam(
            self.networks.discriminator.parameters(), config.discriminator_learning_rate, betas, epsilon
        )

    @torch.no_grad()
    def with_own_frames(self, batch: EpisodeBatch) -> EpisodeBatch:
        """The batch with what the networks now make of it as its target."""
        return replace(batch, target=self._generate(batch))

    def hold(self, batch: EpisodeBatch) -> None:
        """Learn to make of a batch what was made of it at the start: content terms alone."""
        self._learn(batch, adversarial=False)

    def learn(self, batch: EpisodeBatch) -> None:
        """One step of generator and discriminator on true frames: content, adversarial, feature matching; no match."""
        frames = self._learn(batch, adversarial=True).detach()
        nobody = no_identity(self.networks.discriminator, frames)
        loss = discriminator_loss(self._setup, batch, frames, nobody, self._augmentation(batch))
        update([loss], [self.discriminator_optimizer], ADVICE)

    def _learn(self, batch: EpisodeBatch, adversarial: bool) -> Tensor:
        """One step of the generator; the frames that it made."""
        self.networks.generator.train()
        self.networks.discriminator.train()
        frames = self._generate(batch)
        squares = random_squares(len(frames), frames.shape[-1], self.config.crop_size, self.random)
        identity = no_identity(self.networks.discriminator, frames) if adversarial else None
        augmentation = self._augmentation(batch) if adversarial else None
        loss = generator_loss(self._setup, batch, frames, squares, identity, augmentation=augmentation)
        update([loss], [self.generator_optimizer], ADVICE)
        self.networks.pull_to_start(self.config.pull)
        return frames

    def _generate(self, batch: EpisodeBatch) -> Tensor:
        with autocast(CPU, self.config.precision):
            return self.networks.generate(batch.conditioning)

    def _augmentation(self, batch: EpisodeBatch) -> Augmentation | None:
        """What changes the frames that the discriminator sees in its next pass."""
        if not self.config.augment_discriminator:
            return None
        return draw_augmentation(len(batch), batch.target.shape[-1], self.random)
