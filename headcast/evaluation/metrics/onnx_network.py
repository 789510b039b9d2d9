"""The path of a judge's ONNX network in, a function on numpy batches out; always in full precision."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import CheckpointError
from headcast.openvino_loader import load_openvino

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
FACE_SIZE: Final = 112
"""Side in pixels of the face pictures that the face judges read, (N, 3, 112, 112)."""

MAX_NETWORK_BYTES: Final = 500_000_000


def load_network(path: Path, output_shape: tuple[int | None, ...], purpose: str, size: int = FACE_SIZE) -> Network:
    """Load a network that maps RGB (N, 3, size, size) to (N, *output_shape); None fits any length.

    `purpose` names the judge in the error. Raises CheckpointError when the file is not such a network.
    """
    shape = ", ".join("any" if length is None else str(length) for length in output_shape)
    expected = f"{purpose} needs an ONNX network from (N, 3, {size}, {size}) to (N, {shape}); check the path"
    if not path.is_file() or path.stat().st_size > MAX_NETWORK_BYTES:
        raise CheckpointError(f"{path} is missing or too large; {expected}")
    try:
        # f32: the CPU would otherwise pick bf16 where it can, and figures would depend on the machine
        compiled = load_openvino().Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        trial = compiled(np.zeros((1, 3, size, size), np.float32))[0]
    except RuntimeError as error:
        raise CheckpointError(f"{path} cannot be loaded; {expected}") from error
    fits = trial.ndim == 1 + len(output_shape) and all(
        wanted in (None, length) for wanted, length in zip(output_shape, trial.shape[1:], strict=True)
    )
    if not fits:
        raise CheckpointError(f"{path} gives {trial.shape}; {expected}")

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(compiled(batch)[0], np.float32)

    return run


def subtracts_first(path: Path) -> bool:
    """Tell whether a loadable network brings pixels to its own range before its first convolution."""
    for operation in load_openvino().Core().read_model(path).get_ordered_ops():
        if operation.get_type_name() == "Convolution":
            return False
        if operation.get_type_name() == "Subtract":
            return True
    return False
