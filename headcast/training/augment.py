"""Differentiable augmentation of what the discriminator sees: frames and landmark images in, changed ones out.

With few identities a discriminator learns the frames by heart; changing real and generated frames alike, with the
gradient flowing through, keeps it from that (Zhao et al. 2020, DiffAugment).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

MAX_SHIFT = 0.125  # share of the side
MAX_BRIGHTNESS = 0.25  # of the range [-1, 1]
MAX_CONTRAST = 0.3


@dataclass(frozen=True)
class Augmentation:
    """One draw for a batch of B: a shift for all, brightness and contrast for each."""

    shift: tuple[int, int]  # rows, columns
    brightness: Tensor  # (B, 1, 1, 1), added
    contrast: Tensor  # (B, 1, 1, 1), times the distance from the frame's mean

    def rows(self, rows: slice) -> "Augmentation":
        """The draw for some of the frames."""
        return Augmentation(self.shift, self.brightness[rows], self.contrast[rows])

    def apply(self, frames: Tensor, landmark_images: Tensor) -> tuple[Tensor, Tensor]:
        """Change frames (B, 3, H, W) in [-1, 1] in colour and place, their landmark images in place alone."""
        brightness, contrast = self.brightness.to(frames.device), self.contrast.to(frames.device)
        mean = frames.mean(dim=(1, 2, 3), keepdim=True)
        coloured = (frames - mean) * contrast + mean + brightness
        return self._moved(coloured), self._moved(landmark_images)

    def _moved(self, images: Tensor) -> Tensor:
        rows, columns = self.shift
        # negative padding crops; what comes in from outside is mid-grey
        return functional.pad(images, (columns, -columns, rows, -rows))


def draw_augmentation(count: int, image_size: int, random: torch.Generator) -> Augmentation:
    """Draw one for `count` frames; real and generated frames of a pair share it."""
    reach = int(MAX_SHIFT * image_size)
    rows, columns = torch.randint(-reach, reach + 1, (2,), generator=random).tolist()
    brightness = MAX_BRIGHTNESS * _uniform(count, random)
    contrast = 1.0 + MAX_CONTRAST * _uniform(count, random)
    return Augmentation((rows, columns), brightness, contrast)


def _uniform(count: int, random: torch.Generator) -> Tensor:
    return 2.0 * torch.rand(count, 1, 1, 1, generator=random) - 1.0
