"""The exported graphs against torch, in two runtimes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnxruntime
import pytest
import torch

from headcast.avatars.from_torch import weights_of
from headcast.avatars.graphs import EXPORTED, NETWORKS, find_graph, graph_path
from headcast.avatars.inference import Network
from headcast.avatars.weights import load_weights
from headcast.close_ups.parts import PARTS
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import default_checkpoint_path
from headcast.networks.presets import PRESETS

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Case:
    """One network of one preset: its weights, its inputs, and what torch makes of them."""

    preset: str
    network: str
    weights: Mapping[str, np.ndarray]
    inputs: list[np.ndarray]
    expected: list[np.ndarray]


@pytest.fixture(scope="module", params=[(preset, network) for preset in EXPORTED for network in NETWORKS], ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    preset, network = request.param
    config, random = PRESETS[preset], np.random.default_rng(0)
    count, height, width = EXPORTED[preset]
    model = build_model(config, seed=0)
    torch.nn.init.normal_(model.generator.head.weight, std=0.05)  # else the frame is the warped shot
    weights = getattr(weights_of(model), network)
    if network == "embedder":
        side = PARTS[preset].embedded_size[::-1] if preset in PARTS else (height, width)
        inputs = [random.uniform(-1, 1, (1, 3, *side)).astype(np.float32) for _ in range(2)]
        answer = [model.embedder.eval()(*map(torch.from_numpy, inputs))]
    else:
        seen = [side // config.generator_reduction for side in (height, width)]
        conditioning = random.uniform(0, 1, (count, 13, *seen)).astype(np.float32)
        conditioning[:, :6] = 2 * conditioning[:, :6] - 1
        parameters = random.normal(0.5, 0.3, (count, 2 * sum(model.generator.adaptive_widths))).astype(np.float32)
        inputs = [conditioning, parameters]
        answer = [model.generator.eval().draw(*map(torch.from_numpy, inputs))]
    return Case(preset, network, weights, inputs, [value.detach().numpy() for value in answer])


def test_the_exported_graph_computes_what_torch_does(case: Case) -> None:
    found = Network(find_graph(PRESETS[case.preset], case.network), case.weights)(*case.inputs)
    assert len(found) == len(case.expected)
    for one, other in zip(found, case.expected, strict=True):
        assert np.ptp(other) > 0.01
        np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_read_only_inputs_are_computed_as_well(case: Case) -> None:
    """As another process gives them."""
    inputs = [each.copy() for each in case.inputs]
    for each in inputs:
        each.flags.writeable = False
    network = Network(find_graph(PRESETS[case.preset], case.network), case.weights)
    for one, other in zip(network(*inputs), case.expected, strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_another_runtime_reads_the_same_graph_and_takes_the_weights_by_name(case: Case) -> None:
    path = graph_path(case.preset, case.network)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = {**case.weights, **dict(zip(NETWORKS[case.network], case.inputs, strict=True))}
    found = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})
    for one, other in zip(found, case.expected, strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE)


def test_the_graph_asks_for_the_weights_that_torch_has(case: Case) -> None:
    from headcast.avatars.traced import traced_graph

    config = PRESETS[case.preset]
    exported, traced = find_graph(config, case.network), traced_graph(config, case.network)
    assert exported.key != traced.key  # else this would compare a thing with itself
    assert dict(exported.shapes) == dict(traced.shapes)


def test_the_graph_is_small_and_holds_no_weights(case: Case) -> None:
    assert graph_path(case.preset, case.network).stat().st_size < 100_000


def test_people_who_share_a_generator_share_what_is_compiled() -> None:
    graph, weights = find_graph(PRESETS["lite"], "embedder"), load_weights(default_checkpoint_path()).embedder
    shifted = {**weights, "blocks.0.conv_in.bias": weights["blocks.0.conv_in.bias"] + 1}
    picture = np.ones((1, 3, 256, 256), np.float32)
    networks = [Network(graph, each) for each in (shifted, dict(shifted), weights, shifted)]
    answers = [network(picture, picture)[0].copy() for network in networks]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[3])
    assert np.abs(answers[0] - answers[2]).max() > 1e-3


def test_a_call_that_nobody_waited_for_does_not_disturb_the_next_one() -> None:
    weights = load_weights(default_checkpoint_path()).embedder
    network = Network(find_graph(PRESETS["lite"], "embedder"), weights)
    black, white = np.full((1, 3, 256, 256), -1, np.float32), np.ones((1, 3, 256, 256), np.float32)
    expected = network(white, black)[0].copy()
    network.start(black, white)
    np.testing.assert_array_equal(network.start(white, black)()[0], expected)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_other_sizes_take_torch_and_say_so_where_there_is_none(monkeypatch, spectral_norm: bool) -> None:
    import builtins
    import sys

    from headcast.errors import MissingPackageError

    real_import = builtins.__import__

    def without_torch(name, *given, **named):
        if name == "torch" or name.startswith("torch."):
            raise ImportError(f"No module named {name!r}")
        return real_import(name, *given, **named)

    monkeypatch.delitem(sys.modules, "headcast.avatars.traced", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_torch)
    with pytest.raises(MissingPackageError, match=r"needs torch.*pip install 'headcast\[train\]'"):
        find_graph(replace(PRESETS["tiny"], spectral_norm=spectral_norm), "generator")
    assert find_graph(replace(PRESETS["lite"], spectral_norm=spectral_norm), "generator").shapes


def test_weights_from_torch_and_from_the_file_are_the_same() -> None:
    path = default_checkpoint_path()
    ours, theirs = load_weights(path), weights_of(load_checkpoint(path))
    assert ours.config == theirs.config
    for network in NETWORKS:
        mine, other = getattr(ours, network), getattr(theirs, network)
        assert set(mine) == set(other)
        for name in mine:
            np.testing.assert_array_equal(mine[name], other[name])
