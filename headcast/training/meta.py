"""The paper's meta-learning: batches of episodes in, better networks out.

One step: the embedder turns K shots into an embedding, the generator reconstructs the target from it, embedder and
generator learn from content, adversarial, feature-matching and embedding-match terms; then the discriminator learns
to tell the two frames apart (Zakharov et al. 2019, section 3.2).
"""

import copy
import math
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, SparseAdam

from headcast.errors import HeadcastError
from headcast.networks.discriminator import VideoEmbeddings
from headcast.networks.generator import GeneratorOutput
from headcast.networks.model import Model
from headcast.training.augment import draw_augmentation
from headcast.training.conditions import drop_conditions, replace_embeddings
from headcast.training.config import LossWeights, TrainingConfig
from headcast.training.content import FeatureNetworks, content_terms, random_squares
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import adversarial_loss, discriminator_loss, embedding_match_loss, feature_matching_loss

MEAN_EMBEDDING_DECAY = 0.99
FramePair = tuple[Tensor, Tensor]
"""Frames (B, 3, H, W) and their landmark images."""


class MetaLearner:
    """The networks in training, their running average, and their optimisers.

    `averaged` shares the discriminator and is what validation judges and checkpoints hold.
    """

    def __init__(
        self,
        model: Model,
        num_videos: int,
        config: TrainingConfig,
        features: FeatureNetworks,
        device: torch.device,
    ) -> None:
        self.model, self.config, self.features, self.device = model, config, features, device
        for network in (model.embedder, model.generator, model.discriminator, features.vgg19, features.vggface):
            if network is not None:
                network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = Model(
            model.config, copy.deepcopy(model.embedder), copy.deepcopy(model.generator), model.discriminator
        )
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
        """Learn from one batch; `progress` 0..1 places the step in the run. The terms' values before weighting."""
        batch = batch.to(self.device)
        self._set_learning_rates(progress)
        adversarial = progress >= self.config.adversarial_start and self.config.weights.adversarial > 0
        output, terms = self._generator_step(batch, adversarial)
        if adversarial:
            for _ in range(self.config.num_discriminator_steps):
                terms["discriminator"] = self._discriminator_step(batch, output.image.detach())
        update_average(self.averaged.embedder, self.model.embedder, self._average_decay())
        update_average(self.averaged.generator, self.model.generator, self._average_decay())
        self.step_count += 1
        return {name: float(term.detach()) for name, term in terms.items()}

    def _generator_step(self, batch: EpisodeBatch, adversarial: bool) -> tuple[GeneratorOutput, dict[str, Tensor]]:
        embedder, generator, weights = self.model.embedder, self.model.generator, self.config.weights
        squares = random_squares(len(batch), batch.target.shape[-1], self.config.crop_size, self.random)
        with autocast(self.device, self.config.precision):
            embeddings = embedder.embed_shots(batch.shots, batch.shot_landmark_images)  # e_hat_i
            parameters = generator.project(self._with_mean_in_places(embeddings))  # psi_hat_i = P e_hat_i
            conditioning = drop_conditions(batch, self.config, self.random)[:, : generator.conditioning_channels]
            output: GeneratorOutput = generator(conditioning, parameters)  # x_hat_i(t)
            terms = content_terms(output.image, batch, squares.to(self.device), self.features, weights)
            if adversarial:
                terms |= self._adversarial_terms(batch, output.image)
        if adversarial:
            terms["embedding_match"] = embedding_match_loss(embeddings, self.video_embeddings(batch.video_index))
        else:  # nobody reads W yet; let it start where the match term wants it, instead of pulling embeddings to noise
            self.video_embeddings.follow(batch.video_index, embeddings.detach())
        self._learn(weighted_sum(terms, weights), terms, "generator", "videos")
        return output, terms

    def _adversarial_terms(self, batch: EpisodeBatch, generated: Tensor) -> dict[str, Tensor]:
        discriminator = self.model.discriminator
        real_pair, generated_pair = self._discriminator_inputs(batch, generated)
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

    def _discriminator_step(self, batch: EpisodeBatch, generated: Tensor) -> Tensor:
        identity = self.video_embeddings(batch.video_index)
        frames, landmark_images = map(torch.cat, zip(*self._discriminator_inputs(batch, generated), strict=True))
        with autocast(self.device, self.config.precision):
            scores, _ = self.model.discriminator(frames, landmark_images, torch.cat([identity, identity]))
        loss = discriminator_loss(*scores.chunk(2))
        self._learn(loss, {"discriminator": loss}, "discriminator", "videos")
        return loss

    def _discriminator_inputs(self, batch: EpisodeBatch, generated: Tensor) -> tuple[FramePair, FramePair]:
        """The real and the generated frames, each with the landmark images, augmented alike."""
        landmark_images = batch.conditioning[:, :3]
        if not self.config.augment_discriminator:
            return (batch.target, landmark_images), (generated, landmark_images)
        augmentation = draw_augmentation(len(batch), batch.target.shape[-1], self.random)
        return augmentation.apply(batch.target, landmark_images), augmentation.apply(generated, landmark_images)

    def _learn(self, loss: Tensor, terms: dict[str, Tensor], *names: str) -> None:
        for name, term in terms.items():
            if not torch.isfinite(term):
                raise HeadcastError(
                    f"the loss term {name!r} became {term.item()} at step {self.step_count}; "
                    "resume from the last checkpoint with a lower learning rate"
                )
        for name in names:
            self.optimizers[name].zero_grad(set_to_none=True)
        loss.backward()
        for name in names:
            self.optimizers[name].step()

    def _with_mean_in_places(self, embeddings: Tensor) -> Tensor:
        decay = MEAN_EMBEDDING_DECAY if self.step_count else 0.0
        self.mean_embedding.lerp_(embeddings.detach().mean(dim=0), 1.0 - decay)
        return replace_embeddings(embeddings, self.mean_embedding, self.config.drop_embedding, self.random)

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
