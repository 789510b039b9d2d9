"""The exported graphs against torch, in two runtimes, on the weights that ship."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from headcast.avatars.from_torch import weights_of
from headcast.avatars.graphs import NETWORKS, find_graph, graph_path
from headcast.avatars.inference import Network
from headcast.avatars.weights import load_weights
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.notes import default_checkpoint_path
from headcast.networks.presets import PRESETS

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def inputs() -> dict[str, list[np.ndarray]]:
    random = np.random.default_rng(0)
    images = [random.uniform(-1, 1, (1, 3, 256, 256)).astype(np.float32) for _ in range(2)]
    conditioning = random.uniform(0, 1, (1, 13, 256, 256)).astype(np.float32)
    conditioning[:, :6] = 2 * conditioning[:, :6] - 1
    return {"embedder": images, "generator": [conditioning, random.normal(0.5, 0.3, (1, 3200)).astype(np.float32)]}


@pytest.fixture(scope="module")
def expected(inputs: dict[str, list[np.ndarray]]) -> Iterator[dict[str, list[np.ndarray]]]:
    """What torch makes of the same."""
    model = load_checkpoint(default_checkpoint_path())
    with torch.inference_mode():
        embedding = model.embedder(*map(torch.from_numpy, inputs["embedder"]))
        output = model.generator(*map(torch.from_numpy, inputs["generator"]))
    yield {"embedder": [embedding.numpy()], "generator": [value.numpy() for value in output]}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_exported_graph_computes_what_torch_does(network, inputs, expected) -> None:
    weights = getattr(load_weights(default_checkpoint_path()), network)
    found = Network(find_graph(PRESETS["lite"], network), weights)(*inputs[network])
    assert len(found) == len(expected[network])
    for one, other in zip(found, expected[network], strict=True):
        assert np.ptp(other) > 0.1
        np.testing.assert_allclose(one, other, atol=TOLERANCE)


@pytest.mark.parametrize("network", NETWORKS)
def test_another_runtime_reads_the_same_graph_and_takes_the_weights_by_name(network, inputs, expected) -> None:
    session = onnxruntime.InferenceSession(graph_path(network), providers=["CPUExecutionProvider"])
    given = {**getattr(load_weights(default_checkpoint_path()), network)}
    given |= dict(zip(NETWORKS[network], inputs[network], strict=True))
    found = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})
    for one, other in zip(found, expected[network], strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_graph_asks_for_the_weights_that_torch_has(network) -> None:
    from headcast.avatars.traced import traced_graph

    exported, traced = find_graph(PRESETS["lite"], network), traced_graph(PRESETS["lite"], network)
    assert exported.key != traced.key  # else this would compare a thing with itself
    assert dict(exported.shapes) == dict(traced.shapes)


def test_the_graph_is_small_and_holds_no_weights() -> None:
    for network in NETWORKS:
        assert graph_path(network).stat().st_size < 100_000


def test_people_who_share_a_generator_share_what_is_compiled() -> None:
    graph, weights = find_graph(PRESETS["lite"], "embedder"), load_weights(default_checkpoint_path()).embedder
    shifted = {**weights, "blocks.0.conv_in.bias": weights["blocks.0.conv_in.bias"] + 1}
    picture = np.ones((1, 3, 256, 256), np.float32)
    networks = [Network(graph, each) for each in (shifted, dict(shifted), weights, shifted)]
    answers = [network(picture, picture)[0].copy() for network in networks]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[3])
    assert np.abs(answers[0] - answers[2]).max() > 1e-3


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
