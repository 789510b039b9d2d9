from dataclasses import replace

import numpy as np
import pytest
import torch

from headcast.errors import CheckpointError
from headcast.networks.arrays import conditioning_to_array
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.reenact.generated import composed, repaired, to_generated
from headcast.types import CONDITIONING_MAPS, Conditioning


@pytest.fixture
def conditioning() -> Conditioning:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (2, 64, 64, 3), np.uint8)
    return Conditioning(*pictures, random.random((64, 64, len(CONDITIONING_MAPS)), np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_no_number_is_not_drawn(value: float, conditioning: Conditioning):
    """Weights may each be finite and large, and their sums not."""
    image, weight, drawn = (np.zeros(shape, np.float32) for shape in ((1, 3, 8, 8), (1, 1, 8, 8), (1, 4, 8, 8)))
    assert (to_generated(image, weight).image == 128).all()
    for part, make in (
        (image, lambda: to_generated(image, weight)),
        (weight, lambda: to_generated(image, weight)),
        (image, lambda: composed(image[0], conditioning)),
        (drawn, lambda: composed(drawn[0], conditioning)),
    ):
        part[0, 0, 3, 3] = value
        with pytest.raises(CheckpointError, match="is not finite: its weights are damaged"):
            make()
        part[:] = 0


@pytest.mark.parametrize("reduction", [1, 2])
def test_frames_are_put_together_as_in_torch(reduction: int, conditioning: Conditioning):
    generator = build_model(replace(PRESETS["tiny"], generator_reduction=reduction), seed=0).generator.eval()
    parameters = generator.project(torch.rand(1, 16, generator=torch.Generator().manual_seed(0)))
    with torch.inference_mode():
        torch.nn.init.normal_(generator.head.weight, std=0.2)
        expected = generator(torch.from_numpy(conditioning_to_array(conditioning, 13)), parameters)
        drawn = generator.draw(torch.from_numpy(conditioning_to_array(conditioning, 13, reduction)), parameters)
    assert drawn.shape == (1, 4, 64 // reduction, 64 // reduction)
    found = composed(drawn[0].numpy(), conditioning)
    frame = to_generated(expected.image.numpy(), expected.warp_weight.numpy())
    assert np.abs(frame.image.astype(int) - conditioning.warped).max() > 40  # these weights do something
    assert np.abs(found.image.astype(int) - frame.image).max() <= 1
    np.testing.assert_allclose(found.warp_weight, frame.warp_weight, atol=1e-5)
    synthesis, _ = repaired(drawn[0].numpy(), conditioning)
    np.testing.assert_allclose(synthesis.transpose(2, 0, 1) / 127.5 - 1, expected.synthesis[0].numpy(), atol=1e-4)


def test_what_draws_the_whole_frame_has_nothing_of_the_warped_shot(conditioning: Conditioning):
    found = composed(np.full((3, 64, 64), 0.5, np.float32), conditioning)
    assert (found.image == 191).all() and not found.warp_weight.any()
