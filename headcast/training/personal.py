"""A meta-trained model and one person's embedding in, generator and discriminator that start as that person's out.

Few-shot learning, section 3.3 of Zakharov et al. 2019: the generator's AdaIN parameters are no longer projected from
the embedding, they become free, starting at P e_NEW; the discriminator's video embedding and w0 become one free
vector, w' = w0 + e_NEW. So the first frame and the first score are those of the feed-forward model.
"""

import copy

import torch
from torch import Tensor, nn

from headcast.networks.discriminator import Discriminator
from headcast.networks.model import Generator, Model, plain_copy

Weights = dict[str, Tensor]


class PersonalNetworks:
    """One person's generator and discriminator; only the parts of the generator named in `moving` (all if empty) learn.

    `embedding` is e_NEW, (1, N). The model itself is left as it is.
    """

    def __init__(self, model: Model, embedding: Tensor, moving: tuple[str, ...]) -> None:
        self.generator: Generator = plain_copy(model.generator)
        for name, parameter in self.generator.named_parameters():
            part = name.split(".")[0]
            parameter.requires_grad_(part != "projection" and (not moving or part in moving))
        with torch.no_grad():
            # psi' = P e_NEW
            self.adain_parameters = nn.Parameter(self.generator.project(embedding).clone())
        self.discriminator = bind_identity(model.discriminator, embedding)
        self._start = self.snapshot()

    def generate(self, conditioning: Tensor) -> Tensor:
        """Frames (B, 3, H, W) in [-1, 1] for what the generator reads (more channels than it reads are cut off)."""
        channels = conditioning[:, : self.generator.conditioning_channels]
        image: Tensor = self.generator(channels, self.adain_parameters.expand(len(conditioning), -1)).image
        return image

    def moving(self) -> Weights:
        """Everything of the generator that learns, by name."""
        weights = {name: value for name, value in self.generator.named_parameters() if value.requires_grad}
        return {**weights, "adain_parameters": self.adain_parameters}

    def snapshot(self) -> Weights:
        """A copy of everything of the generator that learns."""
        return {name: value.detach().clone() for name, value in self.moving().items()}

    @torch.no_grad()
    def restore(self, weights: Weights) -> None:
        """Go back to a snapshot."""
        for name, value in self.moving().items():
            value.copy_(weights[name])

    @torch.no_grad()
    def pull_to_start(self, share: float) -> None:
        """Move everything that learns this share of its way back to where it started: an L2 penalty's step."""
        for name, value in self.moving().items():
            value.lerp_(self._start[name], share)


def bind_identity(discriminator: Discriminator, embedding: Tensor) -> Discriminator:
    """A copy for one person, whose `general` layer holds w' = w0 + e_NEW and b; ask it by `score_bound`.

    w' is free: no spectral norm, which would bring e_NEW to unit length.
    """
    bound = copy.deepcopy(discriminator).eval()
    layer = nn.Linear(bound.general.in_features, 1)
    with torch.no_grad():
        layer.weight.copy_(bound.general.weight + embedding)
        layer.bias.copy_(bound.general.bias)
    bound.general = layer
    return bound


def score_bound(discriminator: Discriminator, frames: Tensor, landmark_images: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Scores V^T w' + b (B,) and feature maps of a discriminator that is bound: no identity beside w'."""
    scores: tuple[Tensor, list[Tensor]] = discriminator(frames, landmark_images, no_identity(discriminator, frames))
    return scores


def no_identity(discriminator: Discriminator, frames: Tensor) -> Tensor:
    """The identity (B, N) that a bound discriminator is given for frames (B, 3, H, W): 0, since w' holds it."""
    return frames.new_zeros(len(frames), discriminator.general.in_features)
