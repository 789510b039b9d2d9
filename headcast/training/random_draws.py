"""The random draws of one training step: a generator in, what it decides for every episode out.

They are drawn for the whole batch and then cut into rows, so that the rows of several processes, or the parts of a
batch that is too large for the memory, together see what one process with the whole batch would.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from headcast.training.augment import Augmentation, draw_augmentation
from headcast.training.config import TrainingConfig
from headcast.training.content import random_squares


@dataclass(frozen=True)
class Draws:
    """The draws for B episodes."""

    squares: Tensor  # (B, 4): the square of the `crop` term
    without_warp: Tensor  # (B,) bool: the generator does not see the warped shot
    without_mouth_and_eyes: Tensor  # (B,) bool: it does not see those of the warped shot
    without_embedding: Tensor  # (B,) bool: it gets the mean embedding
    augmentations: tuple[Augmentation, ...]  # of what the discriminator sees, one for each of its passes; or none

    def augmentation(self, number: int) -> Augmentation | None:
        """What changes the frames that the discriminator sees in its pass `number`; None for nothing."""
        return self.augmentations[number] if self.augmentations else None

    def rows(self, rows: slice) -> "Draws":
        """The draws for some of the episodes."""
        return replace(
            self,
            squares=self.squares[rows],
            without_warp=self.without_warp[rows],
            without_mouth_and_eyes=self.without_mouth_and_eyes[rows],
            without_embedding=self.without_embedding[rows],
            augmentations=tuple(augmentation.rows(rows) for augmentation in self.augmentations),
        )


def draw_step(count: int, image_size: int, config: TrainingConfig, random: torch.Generator) -> Draws:
    """Draw for `count` episodes of one step."""
    num_passes = 1 + config.num_discriminator_steps if config.augment_discriminator else 0
    return Draws(
        squares=random_squares(count, image_size, config.crop_size, random),
        without_warp=_chosen(count, config.drop_warp, random),
        without_mouth_and_eyes=_chosen(count, config.drop_mouth_and_eyes, random),
        without_embedding=_chosen(count, config.drop_embedding, random),
        augmentations=tuple(draw_augmentation(count, image_size, random) for _ in range(num_passes)),
    )


def _chosen(count: int, probability: float, random: torch.Generator) -> Tensor:
    return torch.rand(count, generator=random) < probability
