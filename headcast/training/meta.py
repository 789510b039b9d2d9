"""The paper's meta-learning: batches of episodes in, better networks out.

One step: the embedder turns K shots into an embedding, the generator reconstructs the target from it; embedder and
generator, then the discriminator learn as `paper_step` says (Zakharov et al. 2019, section 3.2).
"""

import copy
import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, SparseAdam

from headcast.networks.discriminator import VideoEmbeddings
from headcast.networks.model import Model
from headcast.training.conditions import drop_conditions, replace_embeddings
from headcast.training.config import TrainingConfig
from headcast.training.content import FeatureNetworks
from headcast.training.distributed import ALONE, Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.paper_step import Loss, Setup, discriminator_loss, generator_loss, update
from headcast.training.precision import autocast
from headcast.training.random_draws import Draws, draw_step

MEAN_EMBEDDING_DECAY = 0.99
MIN_DEVIATION = 1e-3  # of a target, in [-1, 1]: one of a single colour has none to compare with

Part = tuple[EpisodeBatch, Draws]
Figures = dict[str, float]


class MetaLearner:
    """The networks in training, their running average, and their optimisers.

    `averaged` shares the discriminator and is what validation judges and checkpoints hold. With several `ranks` every
    one of them holds all of this, and takes the same steps.
    """

    def __init__(
        self,
        model: Model,
        num_videos: int,
        config: TrainingConfig,
        features: FeatureNetworks,
        device: torch.device,
        ranks: Ranks = ALONE,
    ) -> None:
        self.model, self.config, self.features, self.device, self.ranks = model, config, features, device, ranks
        for network in (model.embedder, model.generator, model.discriminator, features.vgg19, features.vggface):
            if network is not None:
                network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._setup = Setup(model.discriminator, features, config.weights, config.precision)
        embedder, generator = copy.deepcopy(model.embedder).eval(), copy.deepcopy(model.generator).eval()
        self.averaged = Model(model.config, embedder, generator, model.discriminator)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.video_embeddings = VideoEmbeddings(num_videos, model.config.embedding_size).to(device)
        self.mean_embedding = torch.zeros(model.config.embedding_size, device=device)
        self.random = torch.Generator().manual_seed(config.seed)
        self.step_count = 0
        betas, epsilon = config.adam_betas, config.adam_epsilon
        generating = [*model.embedder.parameters(), *model.generator.parameters()]
        self.optimizers: dict[str, Optimizer] = {
            "generator": Adam(generating, config.learning_rate, betas, epsilon),
            "discriminator": Adam(model.discriminator.parameters(), config.discriminator_learning_rate, betas, epsilon),
            "videos": SparseAdam(
                list(self.video_embeddings.parameters()), config.discriminator_learning_rate, betas, epsilon
            ),
        }
        if config.compile_networks:
            for network in (model.embedder, model.generator, model.discriminator):
                network.compile()

    def step(self, batch: EpisodeBatch, progress: float) -> dict[str, float]:
        """Learn from this rank's rows of a batch; `progress` 0..1 places the step in the run.

        The terms' values before weighting, and the figures that `alarms` reads: means over all ranks.
        """
        batch = batch.to(self.device).resized(self.config.size_at(progress, batch.target.shape[-1]))
        self._set_learning_rates(progress)
        adversarial = progress >= self.config.adversarial_start and self.config.weights.adversarial > 0
        parts = self._parts(batch)
        generated, terms = self._generator_step(parts, adversarial)
        if adversarial:
            for number in range(self.config.num_discriminator_steps):
                terms |= self._discriminator_step(parts, generated, number)
        update_average(self.averaged.embedder, self.model.embedder, self._average_decay())
        update_average(self.averaged.generator, self.model.generator, self._average_decay())
        self.step_count += 1
        return terms

    def _parts(self, batch: EpisodeBatch) -> list[Part]:
        """The batch in the parts that are computed at a time, each with its draws."""
        size, rest = divmod(len(batch), self.config.num_parts)
        if rest:
            raise ValueError(f"a batch of {len(batch)} episodes cannot be computed in {self.config.num_parts} parts")
        count = self.ranks.count * len(batch)
        draws = draw_step(count, batch.target.shape[-1], self.config, self.random).rows(self.ranks.rows(len(batch)))
        rows = [slice(first, first + size) for first in range(0, len(batch), size)]
        return [(batch.rows(each), draws.rows(each)) for each in rows]

    def _generator_step(self, parts: list[Part], adversarial: bool) -> tuple[list[Tensor], Figures]:
        """Embedder and generator learn; the frames of each part, and the terms."""
        generated: list[Tensor] = []
        learned_from: list[Tensor] = []

        def losses() -> Iterator[Loss]:
            for batch, draws in parts:
                frames, embeddings = self._reconstruct(batch, draws)
                generated.append(frames.detach())
                learned_from.append(embeddings.detach())
                identity = self.video_embeddings(batch.video_index) if adversarial else None  # W_i
                squares, augmentation = draws.squares.to(self.device), draws.augmentation(0)
                loss, terms = generator_loss(
                    self._setup, batch, frames, squares, identity, embeddings, augmentation=augmentation
                )
                yield loss, {**terms, "contrast": contrast(frames, batch.target)}

        terms = self._update(losses(), "generator", "videos")
        videos = self.ranks.gather(torch.cat([batch.video_index for batch, _ in parts]))
        embeddings = self.ranks.gather(torch.cat(learned_from))
        self.mean_embedding.lerp_(embeddings.mean(dim=0), 1.0 - (MEAN_EMBEDDING_DECAY if self.step_count else 0.0))
        if not adversarial:
            # nobody reads W yet; let it start where the match term wants it, instead of pulling embeddings to noise
            self.video_embeddings.follow(*one_of_each(videos, embeddings))
        return generated, terms

    def _reconstruct(self, batch: EpisodeBatch, draws: Draws) -> tuple[Tensor, Tensor]:
        """The frames (B, 3, H, W) that the generator makes, and the embeddings (B, N) of the batch's people."""
        embedder, generator = self.model.embedder, self.model.generator
        with autocast(self.device, self.config.precision):
            embeddings = embedder.embed_shots(batch.shots, batch.shot_landmark_images)  # e_hat_i
            known = replace_embeddings(embeddings, self.mean_embedding, draws.without_embedding)
            parameters = generator.project(known)  # psi_hat_i = P e_hat_i
            conditioning = drop_conditions(batch, draws.without_warp, draws.without_mouth_and_eyes)
            frames: Tensor = generator(conditioning[:, : generator.conditioning_channels], parameters).image  # x_hat
        return frames, embeddings

    def _discriminator_step(self, parts: list[Part], generated: list[Tensor], number: int) -> Figures:
        """The discriminator and the video embeddings learn to tell the frames from the targets."""
        losses = (
            discriminator_loss(
                self._setup, batch, frames, self.video_embeddings(batch.video_index), draws.augmentation(1 + number)
            )
            for (batch, draws), frames in zip(parts, generated, strict=True)
        )
        return self._update(losses, "discriminator", "videos")

    def _update(self, losses: Iterable[Loss], *names: str) -> Figures:
        """One step of the optimisers `names`."""
        advice = f"at step {self.step_count}; resume from the last checkpoint with a lower learning rate"
        optimizers = [self.optimizers[name] for name in names]
        return update(losses, optimizers, advice, self.config.num_parts, self.ranks)

    def _set_learning_rates(self, progress: float) -> None:
        config = self.config
        warmup = min(1.0, (self.step_count + 1) / max(1, config.warmup_steps))
        cosine = 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
        share = warmup * (config.final_rate_share + (1.0 - config.final_rate_share) * cosine)
        for name, optimizer in self.optimizers.items():
            rate = config.learning_rate if name == "generator" else config.discriminator_learning_rate
            for group in optimizer.param_groups:
                group["lr"] = rate * share

    def _average_decay(self) -> float:
        # Early weights are far from any good ones: forget them at the rate at which new ones come.
        return min(self.config.average_decay, (1 + self.step_count) / (10 + self.step_count))


def one_of_each(videos: Tensor, embeddings: Tensor) -> tuple[Tensor, Tensor]:
    """The first embedding of every video among the rows; which of two would win is chance on a GPU."""
    different, place = videos.unique(return_inverse=True)
    rows = torch.arange(len(videos), device=videos.device)
    first = torch.full_like(different, len(videos)).scatter_reduce_(0, place, rows, "amin")
    return different, embeddings[first]


@torch.no_grad()
def contrast(generated: Tensor, target: Tensor) -> Tensor:
    """The deviation of the generated frames' pixels as a share of the targets': 0 for frames of one colour."""
    made, real = (images.float().std(dim=(2, 3)).mean(dim=1) for images in (generated, target))
    return (made / real.clamp_min(MIN_DEVIATION)).mean()


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, decay: float) -> None:
    """Move `average` towards `current` in place: average = decay * average + (1 - decay) * current."""
    for averaged, parameter in zip(average.parameters(), current.parameters(), strict=True):
        averaged.lerp_(parameter, 1.0 - decay)
    for kept, buffer in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(buffer)
