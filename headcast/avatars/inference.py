"""A graph and its weights in, a network that computes out, compiled for this processor."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headcast.avatars.graph import Arrays, Graph
from headcast.compiled import Bytes, compiled_network
from headcast.openvino_loader import load_openvino


class Network:
    """A compiled network, which users share; threads may use it side by side.

    All processors work on one call; where `at_once` says that several threads call it, each takes its part of them:
    two calls on half of the processors each end sooner than one after the other on all.
    """

    def __init__(self, graph: Graph, weights: Arrays, precision: str = "f32", at_once: int = 1) -> None:
        shared = {"PERFORMANCE_HINT": "LATENCY"} if at_once == 1 else {"NUM_STREAMS": str(at_once)}
        settings = {"INFERENCE_PRECISION_HINT": precision, **shared}
        self._network = compiled_network(lambda: graph.bind(weights), _content(graph, weights), settings)
        self._num_outputs = len(self._network.outputs)
        self._requests = threading.local()  # of each thread one

    def __call__(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs in their order; they hold until the thread's next call."""
        return self.start(*inputs)()

    def start(self, *inputs: NDArray[np.float32]) -> Callable[[], list[NDArray[np.float32]]]:
        """Begin to compute; what is returned waits for the outputs, one call of a thread at a time."""
        request: Any = getattr(self._requests, "own", None)
        if request is None:
            request = self._requests.own = self._network.create_infer_request()
        request.wait()  # for a call that nobody waited for, because of an error elsewhere
        shared = [np.require(array, requirements=("C", "W")) for array in inputs]  # from other processes: read-only
        for number, array in enumerate(shared):  # to start with a list of arrays takes OpenVINO twice as long
            request.set_input_tensor(number, load_openvino().Tensor(array, shared_memory=True))
        request.start_async()

        def outputs(_: object = shared) -> list[NDArray[np.float32]]:  # they are read until the end
            request.wait()
            return [request.get_output_tensor(number).data for number in range(self._num_outputs)]

        return outputs


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
