"""A square picture and what is known of it in, one guess at the rest out (Sargsyan et al., "MI-GAN", ICCV 2023).

The file is Picsart AI Research's MI-GAN-512, learned on Places2 (see NOTICE), made by tools/convert_inpainting.py.
"""

import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.compiled import compiled_network
from headcast.openvino_loader import load_openvino

SIDE: Final = 512  # pixels, of what the network reads and paints
ASSETS: Final = Path(__file__).parent / "assets"
HASHES: Final = ASSETS / "inpainting.sha256"

_HALF: Final = 127.5  # levels: colours are -1 to 1 there
_lock: Final = threading.Lock()  # one request for all threads, one picture at a time


def guess(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a picture (SIDE, SIDE, 3) in 0..255 that goes on in what is not `known` (SIDE, SIDE); only there it holds.

    The network makes up things in wide gaps: `fill.py` asks several times.
    """
    seen = known.astype(np.float32)[:, :, None]
    planes = np.dstack([seen - np.float32(0.5), (picture / np.float32(_HALF) - 1) * seen]).transpose(2, 0, 1)
    with _lock:
        painted = _request().infer({0: np.ascontiguousarray(planes[None])})[0]
        colours = np.asarray(painted[0].transpose(1, 2, 0) + 1, np.float32) * np.float32(_HALF)
    return np.asarray(np.clip(colours, 0, 255), np.float32)


def release() -> None:
    """Give back the memory that guessing takes, a quarter of a GiB; the next guess takes it again."""
    with _lock:
        _request().get_compiled_model().release_memory()


@cache
def _request() -> Any:
    path = ASSETS / "inpainting.onnx"
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    content = [path.read_bytes(), Path(__file__).read_bytes()]
    network = compiled_network(lambda: load_openvino().Core().read_model(path), content, settings)
    return network.create_infer_request()
