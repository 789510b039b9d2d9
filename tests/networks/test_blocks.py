import copy

import pytest
import torch
from torch.nn import functional
from torch.nn.utils import parametrize

from headcast.networks.blocks import (
    AdaptiveNorm,
    AdaptiveResidualBlock,
    AdaptiveUpBlock,
    DownBlock,
    SelfAttention,
    adaptive_widths,
    add_spectral_norm,
    remove_spectral_norm,
    split_adain,
)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_adaptive_norm_gives_each_channel_the_asked_mean_and_deviation() -> None:
    features = 3.0 + 5.0 * torch.randn(2, 4, 32, 32)
    shift, scale = torch.randn(2, 4, 1, 1), torch.rand(2, 4, 1, 1) + 0.5
    normed = AdaptiveNorm(4)(features, (shift, scale))
    torch.testing.assert_close(normed.mean((2, 3), keepdim=True), shift, atol=1e-4, rtol=0)
    torch.testing.assert_close(normed.std((2, 3), correction=0, keepdim=True), scale, atol=1e-3, rtol=0)


def test_adaptive_norm_of_a_flat_map_is_the_shift_with_a_finite_gradient() -> None:
    features = torch.full((1, 2, 8, 8), 7.0, requires_grad=True)
    shift, scale = torch.full((1, 2, 1, 1), 0.25), torch.ones(1, 2, 1, 1)
    normed = AdaptiveNorm(2)(features, (shift, scale))
    normed.square().sum().backward()
    torch.testing.assert_close(normed, torch.full_like(normed, 0.25), atol=1e-4, rtol=0)
    assert features.grad is not None and torch.isfinite(features.grad).all()


def test_adaptive_norm_takes_its_statistics_in_full_precision() -> None:
    features = (1000.0 + torch.randn(1, 1, 64, 64)).bfloat16()  # a mean in bf16 would be off by several units
    shift_scale = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    variance, mean = torch.var_mean(features.double(), correction=0)
    expected = (features.double() - mean) / (variance + 1e-4).sqrt()
    normed = AdaptiveNorm(1)(features.float(), shift_scale)
    torch.testing.assert_close(normed.double(), expected, atol=1e-2, rtol=0)


def test_adaptive_norm_without_normalisation_is_scale_and_shift() -> None:
    features = torch.randn(2, 3, 4, 4)
    shift, scale = torch.randn(2, 3, 1, 1), torch.randn(2, 3, 1, 1)
    torch.testing.assert_close(AdaptiveNorm(3, normalise=False)(features, (shift, scale)), features * scale + shift)


@pytest.mark.parametrize("first", [True, False])
def test_down_block_equals_its_definition(first: bool) -> None:
    block, features = DownBlock(3, 5, first=first), torch.randn(2, 3, 8, 8)
    main = features if first else functional.relu(features)
    main = functional.avg_pool2d(block.conv_out(functional.relu(block.conv_in(main))), 2)
    torch.testing.assert_close(block(features), main + functional.avg_pool2d(block.skip(features), 2))


def test_up_block_equals_its_definition() -> None:
    block, features = AdaptiveUpBlock(4, 2), torch.randn(1, 4, 4, 4)
    pairs = [(torch.randn(1, width, 1, 1), torch.randn(1, width, 1, 1)) for width in (4, 2)]
    main = functional.relu(functional.instance_norm(features, eps=1e-4) * pairs[0][1] + pairs[0][0])
    main = block.conv_in(main.repeat_interleave(2, 2).repeat_interleave(2, 3))
    main = block.conv_out(functional.relu(functional.instance_norm(main, eps=1e-4) * pairs[1][1] + pairs[1][0]))
    expected = main + block.skip(features.repeat_interleave(2, 2).repeat_interleave(2, 3))
    torch.testing.assert_close(block(features, iter(pairs)), expected, atol=1e-5, rtol=1e-5)


def test_self_attention_starts_as_the_identity_and_then_mixes_all_places() -> None:
    layer, features = SelfAttention(16), torch.randn(2, 16, 4, 4)
    torch.testing.assert_close(layer(features), features)
    layer.strength.data.fill_(1.0)
    query, key, value = (part(features).flatten(2) for part in (layer.query, layer.key, layer.value))
    attention = torch.softmax(query.transpose(1, 2) @ key, dim=2)
    expected = features + (value @ attention.transpose(1, 2)).view_as(features)
    torch.testing.assert_close(layer(features), expected, atol=1e-5, rtol=1e-5)


def test_adain_parameters_hold_each_layers_shifts_before_its_scales() -> None:
    block = AdaptiveResidualBlock(2)
    assert adaptive_widths(block) == [2, 2]
    (shift, scale), (next_shift, _) = split_adain(torch.arange(8.0)[None], [2, 2])
    assert shift.flatten().tolist() == [0.0, 1.0]
    assert scale.flatten().tolist() == [2.0, 3.0]
    assert next_shift.flatten().tolist() == [4.0, 5.0]


def test_spectral_norm_bounds_every_weight_and_its_removal_changes_nothing() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(), torch.nn.Linear(8, 4))
    add_spectral_norm(network)
    for _ in range(50):
        network(torch.randn(1, 3, 3, 3))
    network.eval()
    for layer in (network[0], network[2]):
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1.0, abs=0.01)
    image = torch.randn(1, 3, 3, 3)
    before = network(image)
    network.train()
    remove_spectral_norm(network)
    assert network.training
    assert not any(parametrize.is_parametrized(layer) for layer in network.modules())
    assert sorted(network.state_dict()) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    torch.testing.assert_close(network(image), before)


def test_taking_spectral_norm_from_a_copy_leaves_the_original_whole() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(4, 4))
    add_spectral_norm(network)
    network.eval()
    vector = torch.randn(1, 4)
    before = network(vector)
    plain = copy.deepcopy(network)
    remove_spectral_norm(plain)
    torch.testing.assert_close(plain(vector), before)
    torch.testing.assert_close(network(vector), before)
    assert parametrize.is_parametrized(network[0], "weight")
