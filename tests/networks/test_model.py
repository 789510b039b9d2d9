import dataclasses

import pytest
import torch
from torch import nn

from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS, ModelConfig


def num_weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_paper_networks_have_the_papers_sizes() -> None:
    with torch.device("meta"):
        model = build_model(PRESETS["paper"], seed=0)
    assert round(num_weights(model.embedder) / 1e6, 3) == 14.907
    assert round(num_weights(model.generator) / 1e6, 3) == 38.074
    assert round(num_weights(model.discriminator) / 1e6, 3) == 19.627  # theta, w0 and b; not the video embeddings W
    assert model.generator.projection.out_features == 13056


def test_lite_networks_fit_the_package() -> None:
    model = build_model(PRESETS["lite"], seed=0)
    total = sum(map(num_weights, (model.embedder, model.generator, model.discriminator)))
    assert 2 * total < 25e6  # bytes in half precision


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_equal_seeds_give_equal_networks_and_leave_the_global_state_alone(preset: str) -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, second, other = (build_model(PRESETS[preset], seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    for name in ("embedder", "generator", "discriminator"):
        weights = [nn.utils.parameters_to_vector(getattr(model, name).parameters()) for model in (first, second, other)]
        assert torch.equal(weights[0], weights[1])
        assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_gradients_reach_every_weight(preset: str) -> None:
    torch.manual_seed(0)
    config = PRESETS[preset]
    model = build_model(config, seed=0)
    size, shot_size = config.image_size, config.embedder_image_size
    shots = torch.rand(2, 3, 3, shot_size, shot_size)
    conditioning = torch.rand(2, model.generator.conditioning_channels, size, size)
    embedding = model.embedder.embed_shots(shots, shots)
    output = model.generator(conditioning, model.generator.project(embedding))
    score, _ = model.discriminator(output.image, conditioning[:, :3], embedding)
    assert output.image.shape == (2, 3, size, size) and score.shape == (2,)
    (score.sum() + output.image.mean() + output.synthesis.mean()).backward()
    # attention starts with strength 0, so only the strength itself learns at first
    silent = {"query", "key", "value"}
    for network in (model.embedder, model.generator, model.discriminator):
        for name, parameter in network.named_parameters():
            if not silent & set(name.split(".")):
                assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_config_survives_plain_values() -> None:
    for config in PRESETS.values():
        assert ModelConfig.from_dict(config.to_dict()) == config


def test_config_refuses_an_unknown_setting_and_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"unknown model setting 'embeding_size'; known: attention, .*embedding_size"):
        ModelConfig.from_dict({"embeding_size": 8})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embedding_size": 10**9}, "embedding_size must hold whole numbers up to 2048"),
        ({"embedding_size": 0}, "embedding_size must be positive"),
        ({"embedding_size": 8.0}, "embedding_size must be int"),
        ({"generator_widths": (8,) * 9}, "generator_widths must hold 2 to 8 numbers"),
        ({"generator_widths": (8, "8")}, "generator_widths must hold whole numbers"),
        ({"image_size": 100}, "image_size must be a multiple of"),
        ({"attention": 1}, "attention must be bool"),
        ({"generator_widths": (8, 8)}, "attention needs at least 3 widths"),
    ],
)
def test_config_refuses_what_is_out_of_bounds(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PRESETS["paper"], **change)  # type: ignore[arg-type]
