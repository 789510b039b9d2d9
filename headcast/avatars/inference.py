"""A graph and its weights in, a network that computes out, compiled for this processor."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from headcast.avatars.graph import Arrays, Graph
from headcast.compiled import Bytes, compiled_network
from headcast.openvino_loader import load_openvino


class Network:
    """One user's hold on a compiled network, which sessions share; several threads take one each."""

    def __init__(self, graph: Graph, weights: Arrays, precision: str = "f32") -> None:
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        network = compiled_network(lambda: graph.bind(weights), _content(graph, weights), settings)
        self._request = network.create_infer_request()

    def __call__(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs in their order; they hold until the next call."""
        self._request.infer(list(inputs), share_inputs=True)
        return [tensor.data for tensor in self._request.output_tensors]


def usual_precision(precision: str) -> str:
    """Return what `auto` means here: bf16 where the processor computes in it, else f32."""
    if precision != "auto":
        return precision
    return "bf16" if "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def _content(graph: Graph, weights: Arrays) -> Iterator[Bytes]:
    yield graph.key
    for name in sorted(weights):
        yield f"{name} {weights[name].shape}".encode()
        yield np.ascontiguousarray(weights[name]).view(np.uint8).data.cast("B")
