from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.training.episode import EpisodeBatch

SIZE = 64


def make_batch(count: int = 4, seed: int = 0) -> EpisodeBatch:
    """Smooth random pictures; the warped shot is the target, a little shifted, and valid everywhere."""
    random = torch.Generator().manual_seed(seed)

    def pictures(*leading: int, size: int) -> torch.Tensor:
        coarse = torch.rand(*leading, 3, 6, 6, generator=random) * 2 - 1
        smooth = functional.interpolate(coarse.flatten(0, -4), size=(size, size), mode="bilinear")
        return smooth.unflatten(0, leading)

    target = pictures(count, size=SIZE)
    conditioning = torch.cat([pictures(count, size=SIZE), target.roll(2, 3), torch.ones(count, 7, SIZE, SIZE)], dim=1)
    return EpisodeBatch(
        shots=pictures(count, 2, size=32),
        shot_landmark_images=pictures(count, 2, size=32),
        conditioning=conditioning,
        target=target,
        region_weights=torch.ones(count, 1, SIZE, SIZE),
        mouth_boxes=torch.tensor([[20.0, 40.0, 24.0, 16.0]]).repeat(count, 1),
        eye_boxes=torch.tensor([[16.0, 16.0, 32.0, 12.0]]).repeat(count, 1),
        video_index=torch.arange(count) % 3,
    )


@pytest.fixture
def batch() -> EpisodeBatch:
    return make_batch()


@pytest.fixture
def perfect_batch() -> EpisodeBatch:
    """The warped shot is the target itself."""
    batch = make_batch()
    conditioning = batch.conditioning.clone()
    conditioning[:, WARPED], conditioning[:, VALIDITY] = batch.target, 1.0
    return replace(batch, conditioning=conditioning)
