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

SIDES: Final = (384, 512)  # pixels, of the squares that the network reads and paints
LEARNED: Final = 512  # pixels, of those that it learned from
ASSETS: Final = Path(__file__).parent / "assets"
HASHES: Final = ASSETS / "inpainting.sha256"

_HALF: Final = 127.5  # levels: colours are -1 to 1 there
_lock: Final = threading.Lock()  # one request of a size for all threads, one picture at a time


def side_for(size: int) -> int:
    """Return which of SIDES suits photos of `size` pixels: the smaller takes half the time and memory."""
    return next((side for side in SIDES if side >= size), SIDES[-1])


def guess(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a picture (S, S, 3) in 0..255 that goes on in what is not `known` (S, S); only there it holds.

    S is one of SIDES. The network makes up things in wide gaps: `fill.py` asks several times.
    """
    seen = known.astype(np.float32)[:, :, None]
    planes = np.dstack([seen - np.float32(0.5), (picture / np.float32(_HALF) - 1) * seen]).transpose(2, 0, 1)
    with _lock:
        painted = _request(len(picture)).infer({0: np.ascontiguousarray(planes[None])})[0]
        colours = np.asarray(painted[0].transpose(1, 2, 0) + 1, np.float32) * np.float32(_HALF)
    return np.asarray(np.clip(colours, 0, 255), np.float32)


def release(side: int) -> None:
    """Give back the memory that guessing at squares of `side` takes, up to a quarter of a GiB.

    The next guess takes it again.
    """
    with _lock:
        _request(side).get_compiled_model().release_memory()


@cache
def _request(side: int) -> Any:
    path = ASSETS / "inpainting.onnx"
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    content = [path.read_bytes(), Path(__file__).read_bytes(), str(side).encode()]
    network = compiled_network(lambda: _network(path, side), content, settings)
    return network.create_infer_request()


def _network(path: Path, side: int) -> Any:
    """Return the network for squares of `side`; of the noise that it adds at each scale they take a corner."""
    openvino = load_openvino()
    network = openvino.Core().read_model(path)
    for constant in network.get_ops():
        shape = tuple(constant.get_output_shape(0)) if constant.get_type_name() == "Constant" else ()
        if len(shape) == 2 and shape[0] == shape[1]:
            size = shape[0] * side // LEARNED
            corner = openvino.op.Constant(np.ascontiguousarray(constant.data[:size, :size]))
            for user in constant.output(0).get_target_inputs():
                user.replace_source_output(corner.output(0))
    network.get_parameters()[0].set_partial_shape(openvino.PartialShape([1, 4, side, side]))
    network.validate_nodes_and_infer_types()
    return network
