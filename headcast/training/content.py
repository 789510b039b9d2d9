"""The content terms of one batch: generated frames and their targets in, named distances out.

With VGG19 (the user's file) they are perceptual: the paper's on the whole frame, for `lite` distances of unit-length
features where faces are judged: mouth, eyes and one random square. Without it the offline combination stands in: the
Laplacian pyramid on frame, mouth and eyes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from headcast.networks.features import FeatureNetwork
from headcast.training.config import LossWeights
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import content_loss, crop_boxes, perceptual_distance, pyramid_loss

MOUTH_SIZE = (64, 96)
EYES_SIZE = (48, 112)
MOST_WEIGHT = 2.0  # of a place in the random square; mouth and eyes have terms of their own
PERCEPTUAL_SCALE = 100.0
OFFLINE_SCALE = 255.0
"""Bring both distances to a like size, so that the weights serve with and without VGG19."""


@dataclass(frozen=True)
class FeatureNetworks:
    """The feature networks that the user has; None for one that is missing."""

    vgg19: FeatureNetwork | None = None
    vggface: FeatureNetwork | None = None


def content_terms(
    generated: Tensor, batch: EpisodeBatch, squares: Tensor, features: FeatureNetworks, weights: LossWeights
) -> dict[str, Tensor]:
    """Distances of `generated` (B, 3, H, W) from the batch's targets, one for each content term with a weight.

    `squares` (B, 4) are the random squares of the `crop` term, which only VGG19 can judge.
    """
    target, vgg19, vggface = batch.target, features.vgg19, features.vggface
    terms: dict[str, Tensor] = {}
    if weights.vgg19 and vgg19 is not None:
        terms["vgg19"] = _perceptual(vgg19, generated, target)
    if weights.vggface and vggface is not None:
        terms["vggface"] = _perceptual(vggface, generated, target)
    if weights.pyramid:
        terms["pyramid"] = pyramid_loss(generated, target, batch.region_weights)
    regions = (("mouth", batch.mouth_boxes, MOUTH_SIZE), ("eyes", batch.eye_boxes, EYES_SIZE))
    for name, boxes, size in regions:
        if getattr(weights, name):
            terms[name] = region_distance(generated, target, boxes, size, vgg19)
    if weights.crop and vgg19 is not None:
        side = int(squares[0, 2])
        weights_there = crop_boxes(batch.region_weights, squares, (side, side)).clamp(max=MOST_WEIGHT)
        terms["crop"] = region_distance(generated, target, squares, (side, side), vgg19, weights_there)
    return terms


def region_distance(
    generated: Tensor,
    target: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    vgg19: FeatureNetwork | None,
    weights: Tensor | None = None,
) -> Tensor:
    """Distance of two images (B, 3, H, W) inside each row's box, resampled to `size`; weights (B, 1, *size)."""
    generated_crop, target_crop = crop_boxes(generated, boxes, size), crop_boxes(target, boxes, size)
    if vgg19 is None:
        return OFFLINE_SCALE * pyramid_loss(generated_crop, target_crop, weights)
    with torch.no_grad():
        target_maps = vgg19(target_crop)
    return PERCEPTUAL_SCALE * perceptual_distance(vgg19(generated_crop), target_maps, weights)


def random_squares(count: int, image_size: int, side: int, random: torch.Generator) -> Tensor:
    """`count` boxes (left, top, width, height) of whole pixels, at most as large as the image."""
    side = min(side, image_size)
    corners = torch.randint(0, image_size - side + 1, (count, 2), generator=random)
    return torch.cat([corners, torch.full((count, 2), side)], dim=1).float()


def _perceptual(network: FeatureNetwork, generated: Tensor, target: Tensor) -> Tensor:
    with torch.no_grad():
        target_maps = network(target)
    return content_loss(network(generated), target_maps)
