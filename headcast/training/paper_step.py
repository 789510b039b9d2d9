"""The paper on one page: networks and what they made of a batch in, the losses of one step and their two updates out.

Zakharov et al. 2019, section 3. Meta-training (3.2) and few-shot fine-tuning (3.3) both take this step.

    L     = L_CNT + L_ADV + L_MCH                                              (1)  generator_loss
    L_ADV = -D(x_hat, y, i) + L_FM                                             (2)  adversarial_terms
    D(x, y, i) = V(x, y)^T (W_i + w0) + b                                      (3)  networks/discriminator.py
    L_DSC = max(0, 1 + D(x_hat, y, i)) + max(0, 1 - D(x, y, i))                (4)  discriminator_loss

x: target frame; y: its landmark image; x_hat = G(y, e_hat; psi, P): the frame made of it; e_hat = mean of E over the K
shots; W_i: embedding of video i. One update of E and G follows L, then one of D and W follows L_DSC. Fine-tuning has no
L_MCH, and one free vector w' in the place of W_i + w0: there W_i is 0 and w0 is w'.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from headcast.errors import HeadcastError
from headcast.networks.discriminator import Discriminator
from headcast.training import losses
from headcast.training.augment import Augmentation
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks, content_terms
from headcast.training.distributed import ALONE, Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.precision import autocast

Terms = dict[str, Tensor]
Loss = tuple[Tensor, Terms]  # what to minimise, and the figures to report


@dataclass(frozen=True)
class Setup:
    """What stays the same from step to step."""

    discriminator: Discriminator
    features: FeatureNetworks  # VGG19 and VGGFace of L_CNT
    weights: LossWeights
    precision: str


def generator_loss(
    setup: Setup,
    batch: EpisodeBatch,
    generated: Tensor,  # x_hat (B, 3, H, W)
    squares: Tensor,  # (B, 4), of the content term `crop`
    identity: Tensor | None,  # W_i (B, N); None leaves out L_ADV and L_MCH
    embeddings: Tensor | None = None,  # e_hat (B, N); None leaves out L_MCH
    augmentation: Augmentation | None = None,  # of what the discriminator sees
) -> Loss:
    """Equation 1, each term times its weight; a term of weight 0 is left out."""
    with autocast(generated.device, setup.precision):
        terms = content_terms(generated, batch, squares, setup.features, setup.weights)  # L_CNT
        if identity is not None:
            terms |= adversarial_terms(setup.discriminator, batch, generated, identity.detach(), augmentation)  # L_ADV
    if identity is not None and embeddings is not None and setup.weights.embedding_match:
        terms["embedding_match"] = losses.embedding_match_loss(embeddings, identity)  # L_MCH = |e_hat - W_i|
    return losses.weighted_sum(terms, setup.weights), terms


def adversarial_terms(
    discriminator: Discriminator, batch: EpisodeBatch, generated: Tensor, identity: Tensor, change: Augmentation | None
) -> Terms:
    """Equation 2: the score of the generated frames, and L_FM between the discriminator's maps of both frames."""
    discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
    with torch.no_grad():
        _, real_maps = discriminator(*_seen(batch.target, batch, change), identity)
    scores, generated_maps = discriminator(*_seen(generated, batch, change), identity)
    discriminator.requires_grad_(True)
    matching = losses.feature_matching_loss(generated_maps, real_maps)
    return {"adversarial": losses.adversarial_loss(scores), "feature_matching": matching}


def discriminator_loss(
    setup: Setup, batch: EpisodeBatch, generated: Tensor, identity: Tensor, augmentation: Augmentation | None = None
) -> Loss:
    """Equation 4: the hinge on targets and generated frames (B, 3, H, W), which carry no gradient here."""
    pairs = _seen(batch.target, batch, augmentation), _seen(generated, batch, augmentation)
    frames, landmark_images = map(torch.cat, zip(*pairs, strict=True))
    with autocast(frames.device, setup.precision):
        scores, _ = setup.discriminator(frames, landmark_images, torch.cat([identity, identity]))
    real, made = scores.chunk(2)
    loss = losses.hinge_loss(real, made)
    return loss, {"discriminator": loss, "real_score": real.mean(), "generated_score": made.mean()}


def update(
    parts: Iterable[Loss], optimizers: Sequence[Optimizer], advice: str, num_parts: int = 1, ranks: Ranks = ALONE
) -> dict[str, float]:
    """One step down the mean loss over a batch's parts and the ranks; the means of the figures.

    A figure that is not finite is a HeadcastError that ends with `advice`, on every rank, before anything has changed.
    """
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    figures: list[Terms] = []
    for loss, terms in parts:
        (loss / num_parts).backward()
        figures.append({name: term.detach().float() for name, term in terms.items()})
    values = ranks.mean(torch.stack([torch.stack([*part.values()]) for part in figures]).mean(dim=0)).tolist()
    means: dict[str, float] = dict(zip(figures[0], values, strict=True))
    for name, value in means.items():
        if not math.isfinite(value):
            raise HeadcastError(f"the loss term {name!r} became {value} {advice}")
    for optimizer in optimizers:
        ranks.average_gradients(parameter for group in optimizer.param_groups for parameter in group["params"])
        optimizer.step()
    return means


def _seen(frames: Tensor, batch: EpisodeBatch, change: Augmentation | None) -> tuple[Tensor, Tensor]:
    """Frames and their landmark images (y) as the discriminator sees them: real and generated ones changed alike."""
    landmark_images = batch.conditioning[:, :3]
    return change.apply(frames, landmark_images) if change else (frames, landmark_images)
