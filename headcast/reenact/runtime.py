"""An avatar in, frames for conditionings out, as fast as the machine can.

On the processor the generator runs in OpenVINO; on a GPU in torch, where torch is installed.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Protocol

from headcast.avatars.avatar import Avatar
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network, usual_precision
from headcast.networks.arrays import conditioning_to_array
from headcast.reenact.generated import Generated, composed
from headcast.reenact.options import DEVICES, PRECISIONS, check_choice
from headcast.types import Conditioning


class Runtime(Protocol):
    """Runs one avatar's generator; threads may use it side by side."""

    name: str

    def start(self, conditioning: Conditioning) -> Callable[[], Generated]:
        """Begin to generate one frame; what is returned waits for it, one frame of a thread at a time."""


def make_runtime(avatar: Avatar, *, device: str = "auto", precision: str = "auto", at_once: int = 1) -> Runtime:
    """Prepare an avatar's generator; `precision` auto is bf16 where the machine computes it natively, else f32.

    `at_once` threads will ask for frames side by side. Avatars of one generator share what is compiled. DeviceError
    where `cuda` is asked for and there is none.
    """
    check_choice("device", device, DEVICES)
    check_choice("precision", precision, PRECISIONS)
    if device == "cuda" or (device == "auto" and _has_gpu()):
        from headcast.reenact.torch_runtime import TorchRuntime, check_gpu

        check_gpu()
        return TorchRuntime(avatar, "cuda", precision)
    return OpenVINORuntime(avatar, precision, at_once)


class OpenVINORuntime:
    """Runs the generator on the CPU in OpenVINO."""

    def __init__(self, avatar: Avatar, precision: str, at_once: int = 1) -> None:
        precision = usual_precision(precision)
        self.name = f"OpenVINO CPU {precision}"
        self._reads = avatar.config.conditioning_channels, avatar.config.generator_reduction
        self._parameters = avatar.adain_parameters
        self._generate = Network(find_graph(avatar.config, "generator"), avatar.weights, precision, at_once)

    def start(self, conditioning: Conditioning) -> Callable[[], Generated]:
        """Begin to generate one frame."""
        outputs = self._generate.start(conditioning_to_array(conditioning, *self._reads), self._parameters)
        return lambda: composed(outputs()[0][0], conditioning)


def _has_gpu() -> bool:
    """Tell whether torch is there and sees a GPU; importing it takes a second, so NVIDIA's driver is asked first."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        import torch
    except (OSError, ImportError):
        return False
    return torch.cuda.is_available()
