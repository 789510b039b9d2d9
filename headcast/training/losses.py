"""The loss terms, one pure function each: tensors in, one number (a 0-dimensional tensor) out.

Equations are those of Zakharov et al. 2019, section 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import torch
from torch import Tensor
from torch.nn import functional

from headcast.training.config import LossWeights

CHARBONNIER_EPSILON = 1e-3
NUM_PYRAMID_LEVELS = 4
UNIT_LENGTH_EPSILON = 1e-2  # activations have sizes of tens; where all are nearly 0 none is made loud


def content_loss(generated_maps: Sequence[Tensor], target_maps: Sequence[Tensor]) -> Tensor:
    """L_CNT of one feature network: L1 between activations, a mean over each map, summed over the maps."""
    distances = [_mean_l1(generated, target) for generated, target in zip(generated_maps, target_maps, strict=True)]
    return torch.stack(distances).sum()


def perceptual_distance(
    generated_maps: Sequence[Tensor], target_maps: Sequence[Tensor], weights: Tensor | None = None
) -> Tensor:
    """Squared distance of activations brought to unit length at each place, mean over places, summed over the maps.

    As LPIPS without its learned weights (Zhang et al. 2018, eq. 1); later maps, which see texture rather than edges,
    count more. `weights` (B, 1, H, W) say how much each place matters. A blur costs more than with `content_loss`,
    whose activations are loudest at edges that a warp misses by a pixel.
    """
    total = generated_maps[0].new_zeros((), dtype=torch.float32)
    for number, (generated, target) in enumerate(zip(generated_maps, target_maps, strict=True), start=1):
        distances = (_unit_length(generated) - _unit_length(target)).square().sum(dim=1, keepdim=True)
        total = total + number / 2 * _weighted_mean(distances, weights)
    return total


def adversarial_loss(generated_scores: Tensor) -> Tensor:
    """The generator's side of L_ADV: minus the discriminator's score."""
    return -generated_scores.mean()


def hinge_loss(real_scores: Tensor, generated_scores: Tensor) -> Tensor:
    """L_DSC: hinge that asks for scores above 1 for real frames and below -1 for generated ones."""
    return functional.relu(1.0 - real_scores).mean() + functional.relu(1.0 + generated_scores).mean()


def feature_matching_loss(generated_maps: Sequence[Tensor], real_maps: Sequence[Tensor]) -> Tensor:
    """L_FM: L1 between the discriminator's feature maps, mean over the maps (pix2pixHD); real ones are constants."""
    distances = [_mean_l1(generated, real.detach()) for generated, real in zip(generated_maps, real_maps, strict=True)]
    return torch.stack(distances).mean()


def embedding_match_loss(embeddings: Tensor, video_vectors: Tensor) -> Tensor:
    """L_MCH: L1 between mean embeddings and video embeddings (B, N), so that the one can stand for the other later."""
    return _mean_l1(embeddings, video_vectors)


def weighted_sum(terms: Mapping[str, Tensor], weights: LossWeights) -> Tensor:
    """The loss: each term times its weight."""
    by_name = asdict(weights)
    return torch.stack([by_name[name] * term for name, term in terms.items()]).sum()


def pyramid_loss(generated: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """Charbonnier distance on a Laplacian pyramid, weighted by place: the content loss that needs no network.

    Images (B, 3, H, W), weights (B, 1, H, W). The pyramid is linear, so it is taken of the difference.
    """
    rest = (generated - target).float()
    total = rest.new_zeros(())
    for _ in range(NUM_PYRAMID_LEVELS - 1):
        low = functional.avg_pool2d(rest, 2)
        total = total + _weighted_charbonnier(rest - functional.interpolate(low, scale_factor=2.0), weights)
        rest = low
    return total + _weighted_charbonnier(rest, weights)


def crop_boxes(images: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut each image's box (left, top, width, height in pixels) out, bilinearly resampled to `size` (height, width)."""
    height, width = images.shape[-2:]
    image_size = boxes.new_tensor([width, height])
    scale = boxes[:, 2:] / image_size
    centre = (2.0 * boxes[:, :2] + boxes[:, 2:]) / image_size - 1.0
    transform = torch.cat([torch.diag_embed(scale), centre[:, :, None]], dim=2)
    grid = functional.affine_grid(transform, [len(images), images.shape[1], *size], align_corners=False)
    return functional.grid_sample(images, grid.to(images.dtype), padding_mode="border", align_corners=False)


def _unit_length(maps: Tensor) -> Tensor:
    maps = maps.float()
    return maps * torch.rsqrt(maps.square().sum(dim=1, keepdim=True) + UNIT_LENGTH_EPSILON)


def _mean_l1(first: Tensor, second: Tensor) -> Tensor:
    return (first.float() - second.float()).abs().mean()


def _weighted_charbonnier(difference: Tensor, weights: Tensor | None) -> Tensor:
    distance = torch.sqrt(difference.square() + CHARBONNIER_EPSILON**2) - CHARBONNIER_EPSILON
    return _weighted_mean(distance.mean(dim=1, keepdim=True), weights)


def _weighted_mean(distances: Tensor, weights: Tensor | None) -> Tensor:
    """Mean of distances (B, 1, h, w); weights of another size are resized by area."""
    if weights is None:
        return distances.mean()
    weights = functional.interpolate(weights, size=distances.shape[-2:], mode="area")
    # each image by its own weights: a loss that is a mean over episodes can be computed in parts
    return ((distances * weights).sum((1, 2, 3)) / weights.sum((1, 2, 3)).clamp_min(1e-6)).mean()
