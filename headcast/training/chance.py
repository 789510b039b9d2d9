"""All that chance decides in one training step: a generator in, the draws for every episode out.

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
class Chance:
    """The draws for B episodes."""

    squares: Tensor  # (B, 4): the square of the `crop` term
    without_warp: Tensor  # (B,) bool: the generator does not see the warped shot
    without_mouth_and_eyes: Tensor  # (B,) bool: it does not see those of the warped shot
    without_embedding: Tensor  # (B,) bool: it gets the mean embedding
    augmentations: tuple[Augmentation, ...]  # what the discriminator sees, in the order in which it looks; or none

    def rows(self, rows: slice) -> "Chance":
        """The draws for some of the episodes."""
        return replace(
            self,
            squares=self.squares[rows],
            without_warp=self.without_warp[rows],
            without_mouth_and_eyes=self.without_mouth_and_eyes[rows],
            without_embedding=self.without_embedding[rows],
            augmentations=tuple(augmentation.rows(rows) for augmentation in self.augmentations),
        )


def draw_chance(count: int, image_size: int, config: TrainingConfig, random: torch.Generator) -> Chance:
    """Draw for `count` episodes of one step."""
    num_looks = 1 + config.num_discriminator_steps if config.augment_discriminator else 0
    return Chance(
        squares=random_squares(count, image_size, config.crop_size, random),
        without_warp=_chosen(count, config.drop_warp, random),
        without_mouth_and_eyes=_chosen(count, config.drop_mouth_and_eyes, random),
        without_embedding=_chosen(count, config.drop_embedding, random),
        augmentations=tuple(draw_augmentation(count, image_size, random) for _ in range(num_looks)),
    )


def _chosen(count: int, probability: float, random: torch.Generator) -> Tensor:
    return torch.rand(count, generator=random) < probability
