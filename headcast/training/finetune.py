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

from headcast.errors import HeadcastError
from headcast.networks.model import Generator, Model
from headcast.networks.presets import PRESETS, ModelConfig
from headcast.training.augment import draw_augmentation
from headcast.training.candidates import Candidate, Judge, choose
from headcast.training.config import LossWeights, training_config
from headcast.training.content import FeatureNetworks, content_terms, random_squares
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import adversarial_loss, discriminator_loss, feature_matching_loss
from headcast.training.meta import FramePair, autocast, weighted_sum
from headcast.training.personal import PersonalNetworks
from headcast.training.run import with_offline_content

CANDIDATE_SHARES: Final = (0.25, 0.5, 1.0)
"""Of the steps, besides the start."""

FASTEST: Final = 1e-4
"""Of all weights: at four times this rate 100 steps brought the likeness, and the landmarks were no longer followed."""

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
        self.config, self.features = config, features
        self.random = torch.Generator().manual_seed(config.seed)
        betas, epsilon = config.adam_betas, config.adam_epsilon
        self.generator_optimizer = Adam(self.networks.moving().values(), config.learning_rate, betas, epsilon)
        self.discriminator_optimizer = Adam(
            self.networks.discriminator.parameters(), config.discriminator_learning_rate, betas, epsilon
        )

    @torch.no_grad()
    def with_own_frames(self, batch: EpisodeBatch) -> EpisodeBatch:
        """The batch with what the networks now make of it as its target."""
        with autocast(CPU, self.config.precision):
            return replace(batch, target=self.networks.generate(batch.conditioning))

    def hold(self, batch: EpisodeBatch) -> None:
        """Learn to make of a batch what was made of it at the start: content terms alone."""
        self._start_step()
        with autocast(CPU, self.config.precision):
            terms = self._content_terms(self.networks.generate(batch.conditioning), batch)
        self._learn(terms)

    def learn(self, batch: EpisodeBatch) -> None:
        """One step of generator and discriminator on true frames: content, adversarial, feature matching; no match."""
        networks, landmark_images = self.networks, batch.conditioning[:, :3]
        self._start_step()
        with autocast(CPU, self.config.precision):
            frames = networks.generate(batch.conditioning)
            terms = self._content_terms(frames, batch)
            real, generated = self._seen(batch.target, frames, landmark_images)
            networks.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
            with torch.no_grad():
                _, real_maps = networks.score(*real)
            scores, maps = networks.score(*generated)
            networks.discriminator.requires_grad_(True)
            terms |= {
                "adversarial": adversarial_loss(scores),
                "feature_matching": feature_matching_loss(maps, real_maps),
            }
        self._learn(terms)
        self._learn_to_judge(batch.target, frames.detach(), landmark_images)

    def _learn_to_judge(self, true_frames: Tensor, frames: Tensor, landmark_images: Tensor) -> None:
        real, generated = self._seen(true_frames, frames, landmark_images)
        with autocast(CPU, self.config.precision):
            scores, _ = self.networks.score(torch.cat([real[0], generated[0]]), torch.cat([real[1], generated[1]]))
        loss = discriminator_loss(*scores.chunk(2))
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator_optimizer.step()

    def _start_step(self) -> None:
        self.networks.generator.train()
        self.networks.discriminator.train()

    def _content_terms(self, frames: Tensor, batch: EpisodeBatch) -> dict[str, Tensor]:
        squares = random_squares(len(frames), frames.shape[-1], self.config.crop_size, self.random)
        return content_terms(frames, batch, squares, self.features, self.config.weights)

    def _seen(self, true_frames: Tensor, frames: Tensor, landmark_images: Tensor) -> tuple[FramePair, FramePair]:
        """True and generated frames as the discriminator sees them, augmented alike."""
        if not self.config.augment_discriminator:
            return (true_frames, landmark_images), (frames, landmark_images)
        augmentation = draw_augmentation(len(frames), frames.shape[-1], self.random)
        return augmentation.apply(true_frames, landmark_images), augmentation.apply(frames, landmark_images)

    def _learn(self, terms: dict[str, Tensor]) -> None:
        loss = weighted_sum(terms, self.config.weights)
        if not torch.isfinite(loss):
            raise HeadcastError(
                "tuning diverged (a loss is not finite); try again with another --seed or fewer --steps"
            )
        self.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.generator_optimizer.step()
        self.networks.pull_to_start(self.config.pull)
