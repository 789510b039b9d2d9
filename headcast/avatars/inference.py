"""A graph and its weights in, a network that computes out, compiled for this processor.

Compiling takes an eighth of a second, so nothing is kept on disk; in one process equal networks are compiled once,
however many sessions run them.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.avatars.graph import Arrays, Graph
from headcast.openvino_loader import load_openvino

MAX_KEPT: Final = 8  # compiled networks without a user; those in use stay anyway

_compiled: "OrderedDict[str, Any]" = OrderedDict()
_lock = threading.Lock()


class Network:
    """One user's hold on a compiled network; several threads take one each."""

    def __init__(self, graph: Graph, weights: Arrays, precision: str = "f32") -> None:
        self._request = _compile(graph, weights, precision).create_infer_request()

    def __call__(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs in their order; they hold until the next call."""
        self._request.infer(list(inputs), share_inputs=True)
        return [tensor.data for tensor in self._request.output_tensors]


def usual_precision(precision: str) -> str:
    """Return what `auto` means here: bf16 where the processor computes in it, else f32."""
    if precision != "auto":
        return precision
    return "bf16" if "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def _compile(graph: Graph, weights: Arrays, precision: str) -> Any:
    key = _fingerprint(graph, weights, precision)
    with _lock:
        compiled = _compiled.get(key)
        if compiled is None:
            settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
            compiled = load_openvino().Core().compile_model(graph.bind(weights), "CPU", settings)
            _compiled[key] = compiled
        _compiled.move_to_end(key)
        while len(_compiled) > MAX_KEPT:
            _compiled.popitem(last=False)
        return compiled


def _fingerprint(graph: Graph, weights: Arrays, precision: str) -> str:
    digest = hashlib.sha256(f"{graph.key} {precision}".encode())
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weights[name]).data)
    return digest.hexdigest()
