"""The path of a judge's ONNX network in, a function on numpy batches out; always in full precision."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import CheckpointError

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
FACE_SIZE: Final = 112
"""Side in pixels of the face pictures that the judges read, (N, 3, 112, 112)."""

MAX_NETWORK_BYTES: Final = 500_000_000


def load_network(path: Path, output_shape: tuple[int, ...], purpose: str) -> Network:
    """Load a network that maps RGB (N, 3, 112, 112) in 0..255 to (N, *output_shape).

    `purpose` names the judge in the error. Raises CheckpointError when the file is not such a network.
    """
    import openvino

    expected = f"{purpose} needs an ONNX network from (N, 3, 112, 112) to {('N', *output_shape)}; check the path"
    if not path.is_file() or path.stat().st_size > MAX_NETWORK_BYTES:
        raise CheckpointError(f"{path} is missing or too large; {expected}".replace("'", ""))
    try:
        # f32: the CPU would otherwise pick bf16 where it can, and figures would depend on the machine
        compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        trial = compiled(np.zeros((1, 3, FACE_SIZE, FACE_SIZE), np.float32))[0]
    except RuntimeError as error:
        raise CheckpointError(f"{path} cannot be loaded; {expected}".replace("'", "")) from error
    if trial.shape != (1, *output_shape):
        raise CheckpointError(f"{path} gives {trial.shape}; {expected}".replace("'", ""))

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(compiled(batch)[0], np.float32)

    return run
