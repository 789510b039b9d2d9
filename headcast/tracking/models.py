"""A name in, one of the tracker's networks out, ready to run on pictures.

The files are Google's models from MediaPipe (see NOTICE), made by tools/convert_tracker.py.
"""

from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.compiled import compiled_network
from headcast.openvino_loader import load_openvino
from headcast.types import Image

Array = NDArray[np.float32]

ASSETS: Final = Path(__file__).parent / "assets"
HASHES: Final = ASSETS / "tracker.sha256"


class TrackerNetwork:
    """One of the networks, loaded at the first picture; for one thread at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._request: Any = None

    def __call__(self, image: Image) -> tuple[Array, ...]:
        """Return the outputs for one picture (H, W, 3) of the network's own size, without the batch axis."""
        if self._request is None:
            self._request = _compile(self._name).create_infer_request()
        results = self._request.infer({0: image[None]})
        return tuple(np.array(result[0], np.float32) for result in results.values())


@cache
def _compile(name: str) -> Any:
    path = ASSETS / f"{name}.onnx"
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # landmarks in bf16 tremble
        "INFERENCE_NUM_THREADS": 1,  # networks of a millisecond lose by sharing
        "PERFORMANCE_HINT": "LATENCY",
    }
    return compiled_network(partial(_read, path), [path.read_bytes(), Path(__file__).read_bytes()], settings)


def _read(path: Path) -> Any:
    network = load_openvino().Core().read_model(path)
    network.reshape([1, *(length.get_length() for length in list(network.input().partial_shape)[1:])])
    return network
