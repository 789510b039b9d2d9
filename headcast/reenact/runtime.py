"""A generator and its AdaIN parameters in, frames for conditionings out, as fast as the machine can.

On the CPU the network runs in OpenVINO, converted in memory and cached, so nobody needs a compiler; on a GPU, and
where OpenVINO cannot convert it, in torch.
"""

import hashlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from headcast.config import cache_dir
from headcast.networks.avatar import Avatar
from headcast.networks.model import plain_copy
from headcast.networks.tensors import conditioning_to_array
from headcast.types import Conditioning, Image, Mask

DEVICES: Final = ("auto", "cpu", "cuda")
PRECISIONS: Final = ("auto", "bf16", "f32")


@dataclass(frozen=True)
class Generated:
    """One generated frame (H, W, 3) and how much of each pixel (H, W) in 0..1 is the warped shot's."""

    image: Image
    warp_weight: Mask


class Runtime(Protocol):
    """Runs one avatar's generator."""

    name: str

    def __call__(self, conditioning: Conditioning) -> Generated:
        """Generate one frame."""


def make_runtime(
    avatar: Avatar, *, device: str = "auto", precision: str = "auto", cache: Path | None = None
) -> Runtime:
    """Prepare an avatar's generator; `precision` auto is bf16 where the machine computes it natively, else f32.

    `cache` is the folder of converted networks: give another one than the user's for avatars that are soon gone.
    """
    _check("device", device, DEVICES)
    _check("precision", precision, PRECISIONS)
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device cuda was asked, but torch sees no GPU; use cpu or auto")
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        return TorchRuntime(avatar, torch.device("cuda"), precision)
    return OpenVINORuntime(avatar, precision, cache)


class TorchRuntime:
    """Runs the generator in torch."""

    def __init__(self, avatar: Avatar, device: torch.device, precision: str) -> None:
        self._device = device
        self._generator = plain_copy(avatar.generator).to(device)
        self._generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch forgets this one
        self._parameters = avatar.adain_parameters.to(device)
        self._half = precision == "bf16" or (precision == "auto" and device.type == "cuda")
        self.name = f"torch {device.type} {'bf16' if self._half else 'f32'}"

    @torch.inference_mode()
    def __call__(self, conditioning: Conditioning) -> Generated:
        """Generate one frame."""
        channels = torch.from_numpy(conditioning_to_array(conditioning, self._generator.conditioning_channels))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            output = self._generator(channels.to(self._device), self._parameters)
        return _to_generated(output.image.float().cpu().numpy(), output.warp_weight.float().cpu().numpy())


class OpenVINORuntime:
    """Runs the generator on the CPU in OpenVINO."""

    def __init__(self, avatar: Avatar, precision: str, cache: Path | None = None) -> None:
        import openvino

        core, cache = openvino.Core(), cache or cache_dir() / "openvino"
        if precision == "auto":
            precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        self.name = f"OpenVINO CPU {precision}"
        self._channels = avatar.generator.conditioning_channels
        self._parameters = avatar.adain_parameters.numpy()
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            "CACHE_DIR": str(cache),
        }
        self._request = core.compile_model(_converted(avatar, cache), "CPU", settings).create_infer_request()

    def __call__(self, conditioning: Conditioning) -> Generated:
        """Generate one frame."""
        self._request.infer([conditioning_to_array(conditioning, self._channels), self._parameters], share_inputs=True)
        return _to_generated(self._request.get_output_tensor(0).data, self._request.get_output_tensor(2).data)


def _converted(avatar: Avatar, cache: Path) -> Path:
    """Return the path of the generator in OpenVINO's own form, converting it the first time."""
    import openvino

    path = cache / f"{_fingerprint(avatar, openvino.__version__)}.xml"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        generator = plain_copy(avatar.generator)
        example = (
            torch.zeros(1, generator.conditioning_channels, avatar.image_size, avatar.image_size),
            avatar.adain_parameters,
        )
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's, about checks on sizes that stay the same
            network = openvino.convert_model(generator, example_input=example, input=[tuple(x.shape) for x in example])
        temporary = path.with_name(f".{os.getpid()}-{path.name}")
        openvino.save_model(network, temporary)
        os.replace(temporary.with_suffix(".bin"), path.with_suffix(".bin"))
        os.replace(temporary, path)
    return path


def _fingerprint(avatar: Avatar, version: str) -> str:
    digest = hashlib.sha256(f"{version} {avatar.image_size}".encode())
    for name, value in sorted(avatar.generator.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:24]


def _to_generated(image: NDArray[np.float32], warp_weight: NDArray[np.float32]) -> Generated:
    pixels = np.clip(image[0] * 127.5 + 128.0, 0, 255).astype(np.uint8)
    return Generated(np.ascontiguousarray(pixels.transpose(1, 2, 0)), warp_weight[0, 0].copy())


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
