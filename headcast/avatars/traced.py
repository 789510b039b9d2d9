"""The sizes of a model in, the graphs of its networks out, traced from torch: for sizes without an exported graph."""

import warnings
from functools import cache, partial
from pathlib import Path
from typing import Any

from headcast.avatars.graph import Arrays, Graph
from headcast.errors import needs_torch
from headcast.networks.presets import ModelConfig
from headcast.openvino_loader import load_openvino

try:
    import torch
    from torch import nn

    from headcast.networks import model
    from headcast.networks.model import Generator, build_model, drawing
except ImportError as error:
    raise needs_torch("a model of other sizes than the package's", error) from error


@cache
def traced_graph(config: ModelConfig, network: str) -> Graph:
    """Return the graph of `embedder` or `generator` of these sizes, without spectral norm."""
    with torch.device("meta"):
        shapes = {name: tuple(value.shape) for name, value in _build(config, network).state_dict().items()}
    return Graph(_key(config, network), shapes, partial(_bind, config, network))


def rebuild_generator(config: ModelConfig, weights: Arrays) -> Generator:
    """Return the generator in torch, in evaluation mode."""
    generator = build_model(config, seed=0).generator
    generator.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    return generator.eval().requires_grad_(False)


def _key(config: ModelConfig, network: str) -> bytes:
    code = [Path(__file__), *sorted(Path(model.__file__).parent.glob("*.py"))]
    return f"{config} {network} {torch.__version__}".encode() + b"".join(path.read_bytes() for path in code)


def _build(config: ModelConfig, network: str) -> nn.Module:
    networks = build_model(config, seed=0)
    return networks.embedder if network == "embedder" else drawing(networks.generator)


def _bind(config: ModelConfig, network: str, weights: Arrays) -> Any:
    module = _build(config, network).eval().requires_grad_(False)
    module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    if network == "embedder":
        shapes: list[tuple[int, ...]] = [(1, 3, config.image_size, config.image_size)] * 2
    else:
        side = config.image_size // config.generator_reduction
        shapes = [(1, config.conditioning_channels, side, side), (1, weights["projection.bias"].shape[0])]
    example = tuple(map(torch.zeros, shapes))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's, about checks on sizes that stay the same
        traced = torch.jit.trace(module, example, check_trace=False)  # to check is to trace again: the same both times
        return load_openvino().convert_model(traced, example_input=example, input=shapes)
