"""The sizes of a model in, the graphs of its embedder and generator out: networks whose weights stand elsewhere.

The graphs of preset `lite` come with the package, in ONNX, written by tools/export_graphs.py: every weight is an input
that carries its name in our safetensors files, so any runtime that reads ONNX can run a model of ours, and a model
from a stranger is never more than arrays of the shapes that the graph asks for. Other sizes take torch (traced.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headcast.avatars.graph import Arrays, Graph
from headcast.networks.presets import PRESETS, ModelConfig
from headcast.openvino_loader import load_openvino

EXPORTED: Final = {"lite": (1, 256, 256), "mouth": (1, 128, 192), "eyes": (2, 64, 96)}
"""The presets that come as graphs: how many frames they make at once, of which height and width."""
NETWORKS: Final[Mapping[str, tuple[str, ...]]] = {
    "embedder": ("frames", "landmark_images"),
    "generator": ("conditioning", "adain_parameters"),
}
"""Each network's inputs, in their order; those of the graph beside the weights. A generator's graph is its `draw`."""


def find_graph(config: ModelConfig, network: str) -> Graph:
    """Return the graph of `embedder` or `generator`; MissingPackageError where it takes torch and there is none."""
    plain = replace(config, spectral_norm=False)
    for preset in EXPORTED:
        if plain == replace(PRESETS[preset], spectral_norm=False):
            return _exported_graph(preset, network)
    from headcast.avatars.traced import traced_graph

    return traced_graph(plain, network)


def graph_path(preset: str, network: str) -> Path:
    """The ONNX file of one network of a preset."""
    return Path(str(resources.files("headcast"))) / "assets" / f"{preset}_{network}.onnx"


@cache
def _exported_graph(preset: str, network: str) -> Graph:
    path = graph_path(preset, network)
    inputs = _read(path).get_parameters()
    shapes = {node.get_friendly_name(): tuple(node.get_output_shape(0)) for node in inputs}
    for name in NETWORKS[network]:
        del shapes[name]
    if network == "generator":  # the projection is no part of the graph: it is used once a person, not once a frame
        config = PRESETS[preset]
        (num_parameters,) = {
            node.get_output_shape(0)[1] for node in inputs if node.get_friendly_name() == NETWORKS[network][1]
        }
        shapes |= {"projection.weight": (num_parameters, config.embedding_size), "projection.bias": (num_parameters,)}
    return Graph(path.read_bytes() + Path(__file__).read_bytes(), shapes, partial(_bind, path, network))


def _read(path: Path) -> Any:
    return load_openvino().Core().read_model(path)


def _bind(path: Path, network: str, weights: Arrays) -> Any:
    """Return the network with the weights in the places of its inputs of these names."""
    openvino = load_openvino()
    model = _read(path)
    for node in model.get_parameters():
        name = node.get_friendly_name()
        if name not in NETWORKS[network]:
            node.output(0).replace(openvino.opset13.constant(weights[name]).output(0))
            model.remove_parameter(node)
    model.validate_nodes_and_infer_types()
    return model
