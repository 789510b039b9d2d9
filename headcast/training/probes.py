"""Validation: networks and held-out episodes in, losses and the three probes out.

The probes ask whether the generator uses what it is given, or merely copies the warped shot: how much worse does it
get with another person's embedding, without the warped shot, and with the landmark image of another frame?
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.networks.model import Model
from headcast.training.conditions import erase_warp
from headcast.training.config import TrainingConfig
from headcast.training.content import MOUTH_SIZE, FeatureNetworks, content_terms, random_squares, region_distance
from headcast.training.episode import EpisodeBatch


@dataclass(frozen=True)
class Validation:
    """Losses (weighted content, and the mouth's distance alone) and their relative rises under the probes."""

    loss: float
    mouth: float
    warp_loss: float  # of the warped shot itself, unchanged
    warp_mouth: float
    other_embedding: float  # rise of the loss with embeddings shuffled over identities
    other_embedding_without_warp: float  # the same when the warped shot is taken away from both
    without_warp: float  # rise of the loss with the warped shot taken away
    other_landmarks: float  # rise of the loss with the landmark image of another frame
    other_landmarks_mouth: float  # rise of the mouth's distance with it
    content_gradient: float  # of the content term that asks for least: size of its gradient over its value

    def to_dict(self) -> dict[str, float]:
        """Plain values, ready for JSON."""
        return asdict(self)


@torch.no_grad()
def validate(
    model: Model, batches: Sequence[EpisodeBatch], config: TrainingConfig, features: FeatureNetworks
) -> Validation:
    """Judge `model` on held-out episodes; every batch needs at least two."""
    if not batches or min(map(len, batches)) < 2:
        raise ValueError("validation needs batches of at least 2 episodes")
    embeddings = [model.embedder.embed_shots(batch.shots, batch.shot_landmark_images) for batch in batches]
    others = _of_other_videos(embeddings, batches)
    without_warp = [_without_warp(batch.conditioning) for batch in batches]
    other_landmarks = [_with_other_landmarks(batch.conditioning) for batch in batches]
    conditionings = [batch.conditioning for batch in batches]

    def judge(frames: Callable[[int], Tensor]) -> tuple[float, float]:
        distances = [_distances(frames(index), batch, config, features) for index, batch in enumerate(batches)]
        return sum(loss for loss, _ in distances) / len(batches), sum(mouth for _, mouth in distances) / len(batches)

    def generated(conditioning: list[Tensor], identities: list[Tensor]) -> tuple[float, float]:
        return judge(lambda index: _generate(model, conditioning[index], identities[index]))

    loss, mouth = generated(conditionings, embeddings)
    blind = generated(without_warp, embeddings)[0]
    landmarks_loss, landmarks_mouth = generated(other_landmarks, embeddings)
    warp_loss, warp_mouth = judge(lambda index: _shown(batches[index].conditioning))
    return Validation(
        loss=loss,
        mouth=mouth,
        warp_loss=warp_loss,
        warp_mouth=warp_mouth,
        other_embedding=_rise(generated(conditionings, others)[0], loss),
        other_embedding_without_warp=_rise(generated(without_warp, others)[0], blind),
        without_warp=_rise(blind, loss),
        other_landmarks=_rise(landmarks_loss, loss),
        other_landmarks_mouth=_rise(landmarks_mouth, mouth),
        content_gradient=_content_gradient(
            _generate(model, conditionings[0], embeddings[0]), batches[0], config, features
        ),
    )


def _rise(value: float, base: float) -> float:
    return value / max(base, 1e-9) - 1.0


def _generate(model: Model, conditioning: Tensor, embeddings: Tensor) -> Tensor:
    parameters = model.generator.project(embeddings)
    image: Tensor = model.generator(conditioning[:, : model.generator.conditioning_channels], parameters).image
    return image


def _distances(
    image: Tensor, batch: EpisodeBatch, config: TrainingConfig, features: FeatureNetworks
) -> tuple[float, float]:
    terms = content_terms(image, batch, _squares(batch, config), features, config.weights)
    weights = asdict(config.weights)
    loss = sum(weights[name] * float(term) for name, term in terms.items())
    mouth = region_distance(image, batch.target, batch.mouth_boxes, MOUTH_SIZE, features.vgg19)
    return loss, float(mouth)


def _squares(batch: EpisodeBatch, config: TrainingConfig) -> Tensor:
    """The same squares at each validation."""
    random = torch.Generator().manual_seed(0)
    return random_squares(len(batch), batch.target.shape[-1], config.crop_size, random).to(batch.target.device)


@torch.enable_grad()
def _content_gradient(image: Tensor, batch: EpisodeBatch, config: TrainingConfig, features: FeatureNetworks) -> float:
    """The least, over the content terms, of the norm of the term's gradient by the image over the term."""
    image = image.detach().requires_grad_()
    terms = content_terms(image, batch, _squares(batch, config), features, config.weights).values()
    return min((_gradient_norm(term, image) / float(term.detach().clamp_min(1e-9)) for term in terms), default=0.0)


def _gradient_norm(term: Tensor, image: Tensor) -> float:
    if not term.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(term, image, retain_graph=True, allow_unused=True)
    return 0.0 if gradient is None else float(gradient.norm())


def _shown(conditioning: Tensor) -> Tensor:
    """The warped shot; for a generator without one, the landmark image, which is as bad a guess as any."""
    return conditioning[:, WARPED] if conditioning.shape[1] > VALIDITY else conditioning[:, :3]


def _without_warp(conditioning: Tensor) -> Tensor:
    if conditioning.shape[1] <= VALIDITY:
        return conditioning
    return erase_warp(conditioning, torch.ones(len(conditioning), 1, 1, dtype=torch.bool, device=conditioning.device))


def _with_other_landmarks(conditioning: Tensor) -> Tensor:
    return torch.cat([conditioning[:, :3].roll(1, dims=0), conditioning[:, 3:]], dim=1)


def _of_other_videos(embeddings: list[Tensor], batches: Sequence[EpisodeBatch]) -> list[Tensor]:
    """For each row the embedding of a row from another video, as far away in the list as can be."""
    rows, videos = torch.cat(embeddings), torch.cat([batch.video_index for batch in batches]).tolist()
    count = len(videos)
    order = []
    for row, video in enumerate(videos):
        candidates = ((row + count // 2 + shift) % count for shift in range(count))
        order.append(next((other for other in candidates if videos[other] != video), row))
    return list(rows[order].split([len(batch) for batch in batches]))
