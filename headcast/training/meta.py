"""The paper's meta-learning: batches of episodes in, better networks out.

One step: the embedder turns K shots into an embedding, the generator reconstructs the target from it, embedder and
generator learn from content, adversarial, feature-matching and embedding-match terms; then the discriminator learns
to tell the two frames apart (Zakharov et al. 2019, section 3.2).
"""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, SparseAdam

from headcast.errors import HeadcastError
from headcast.networks.discriminator import VideoEmbeddings
from headcast.networks.generator import GeneratorOutput
from headcast.networks.model import Model
from headcast.training.augment import Augmentation
from headcast.training.chance import Chance, draw_chance
from headcast.training.conditions import drop_conditions, replace_embeddings
from headcast.training.config import LossWeights, TrainingConfig
from headcast.training.content import FeatureNetworks, content_terms
from headcast.training.distributed import ALONE, Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import adversarial_loss, discriminator_loss, embedding_match_loss, feature_matching_loss

MEAN_EMBEDDING_DECAY = 0.99
MIN_DEVIATION = 1e-3  # of a target, in [-1, 1]: one of a single colour has none to compare with

FramePair = tuple[Tensor, Tensor]
"""Frames (B, 3, H, W) and their landmark images."""
Part = tuple[EpisodeBatch, Chance]
Loss = tuple[Tensor, dict[str, Tensor]]
"""What to minimise, and the figures to report."""
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
        chance = draw_chance(count, batch.target.shape[-1], self.config, self.random).rows(self.ranks.rows(len(batch)))
        rows = [slice(first, first + size) for first in range(0, len(batch), size)]
        return [(batch.rows(each), chance.rows(each)) for each in rows]

    def _generator_step(self, parts: list[Part], adversarial: bool) -> tuple[list[Tensor], Figures]:
        """Embedder and generator learn; the frames of each part, and the terms."""
        generated: list[Tensor] = []
        learned_from: list[Tensor] = []

        def losses() -> Iterator[Loss]:
            for batch, chance in parts:
                output, embeddings, terms = self._reconstruct(batch, chance, adversarial)
                generated.append(output.image.detach())
                learned_from.append(embeddings.detach())
                yield (
                    weighted_sum(terms, self.config.weights),
                    {**terms, "contrast": contrast(output.image, batch.target)},
                )

        terms = self._learn(losses(), "generator", "videos")
        videos = self.ranks.gather(torch.cat([batch.video_index for batch, _ in parts]))
        embeddings = self.ranks.gather(torch.cat(learned_from))
        self.mean_embedding.lerp_(embeddings.mean(dim=0), 1.0 - (MEAN_EMBEDDING_DECAY if self.step_count else 0.0))
        if not adversarial:
            # nobody reads W yet; let it start where the match term wants it, instead of pulling embeddings to noise
            self.video_embeddings.follow(*one_of_each(videos, embeddings))
        return generated, terms

    def _reconstruct(
        self, batch: EpisodeBatch, chance: Chance, adversarial: bool
    ) -> tuple[GeneratorOutput, Tensor, dict[str, Tensor]]:
        embedder, generator, weights = self.model.embedder, self.model.generator, self.config.weights
        with autocast(self.device, self.config.precision):
            embeddings = embedder.embed_shots(batch.shots, batch.shot_landmark_images)  # e_hat_i
            known = replace_embeddings(embeddings, self.mean_embedding, chance.without_embedding)
            parameters = generator.project(known)  # psi_hat_i = P e_hat_i
            conditioning = drop_conditions(batch, chance.without_warp, chance.without_mouth_and_eyes)
            output: GeneratorOutput = generator(conditioning[:, : generator.conditioning_channels], parameters)  # x_hat
            terms = content_terms(output.image, batch, chance.squares.to(self.device), self.features, weights)
            if adversarial:
                terms |= self._adversarial_terms(batch, chance, output.image)
        if adversarial and weights.embedding_match:
            terms["embedding_match"] = embedding_match_loss(embeddings, self.video_embeddings(batch.video_index))
        return output, embeddings, terms

    def _adversarial_terms(self, batch: EpisodeBatch, chance: Chance, generated: Tensor) -> dict[str, Tensor]:
        discriminator = self.model.discriminator
        real_pair, generated_pair = discriminator_inputs(batch, generated, chance.augmentations[:1])
        identity = self.video_embeddings(batch.video_index).detach()  # W_i
        discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        with torch.no_grad():
            _, real_maps = discriminator(*real_pair, identity)
        scores, generated_maps = discriminator(*generated_pair, identity)
        discriminator.requires_grad_(True)
        return {
            "adversarial": adversarial_loss(scores),
            "feature_matching": feature_matching_loss(generated_maps, real_maps),
        }

    def _discriminator_step(self, parts: list[Part], generated: list[Tensor], number: int) -> Figures:
        """The discriminator and the video embeddings learn to tell the frames from the targets."""

        def losses() -> Iterator[Loss]:
            for (batch, chance), frames in zip(parts, generated, strict=True):
                identity = self.video_embeddings(batch.video_index)
                pairs = discriminator_inputs(batch, frames, chance.augmentations[1 + number :])
                images, landmark_images = map(torch.cat, zip(*pairs, strict=True))
                with autocast(self.device, self.config.precision):
                    scores, _ = self.model.discriminator(images, landmark_images, torch.cat([identity, identity]))
                real, made_up = scores.chunk(2)
                loss = discriminator_loss(real, made_up)
                yield loss, {"discriminator": loss, "real_score": real.mean(), "generated_score": made_up.mean()}

        return self._learn(losses(), "discriminator", "videos")

    def _learn(self, losses: Iterator[Loss], *names: str) -> Figures:
        """One step of the optimisers `names` down the mean loss over parts and ranks; the figures' means.

        A figure that is not finite is a HeadcastError on every rank, before anything has changed.
        """
        for name in names:
            self.optimizers[name].zero_grad(set_to_none=True)
        figures: list[dict[str, Tensor]] = []
        for loss, terms in losses:
            (loss / self.config.num_parts).backward()
            figures.append({name: term.detach().float() for name, term in terms.items()})
        means = self.ranks.mean(torch.stack([torch.stack([*part.values()]) for part in figures]).mean(dim=0)).tolist()
        for name, value in zip(figures[0], means, strict=True):
            if not math.isfinite(value):
                raise HeadcastError(
                    f"the loss term {name!r} became {value} at step {self.step_count}; "
                    "resume from the last checkpoint with a lower learning rate"
                )
        for name in names:
            optimizer = self.optimizers[name]
            self.ranks.average_gradients(parameter for group in optimizer.param_groups for parameter in group["params"])
            optimizer.step()
        return dict(zip(figures[0], means, strict=True))

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


def discriminator_inputs(
    batch: EpisodeBatch, generated: Tensor, augmentations: Sequence[Augmentation]
) -> tuple[FramePair, FramePair]:
    """The real and the generated frames, each with the landmark images; changed alike by the first augmentation."""
    landmark_images = batch.conditioning[:, :3]
    if not augmentations:
        return (batch.target, landmark_images), (generated, landmark_images)
    return augmentations[0].apply(batch.target, landmark_images), augmentations[0].apply(generated, landmark_images)


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


def weighted_sum(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The loss: each term times its weight."""
    by_name = asdict(weights)
    return torch.stack([by_name[name] * term for name, term in terms.items()]).sum()


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, decay: float) -> None:
    """Move `average` towards `current` in place: average = decay * average + (1 - decay) * current."""
    for averaged, parameter in zip(average.parameters(), current.parameters(), strict=True):
        averaged.lerp_(parameter, 1.0 - decay)
    for kept, buffer in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(buffer)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Half precision for the wrapped computation: bf16, if it is asked for or the machine computes it natively."""
    if precision == "auto":
        native = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
        precision = "bf16" if native else "f32"
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
