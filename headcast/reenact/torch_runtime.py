"""An avatar in, frames for conditionings out, computed in torch: on a GPU, or to compare with."""

from collections.abc import Callable

from headcast.avatars.avatar import Avatar
from headcast.errors import DeviceError, needs_torch
from headcast.networks.arrays import conditioning_to_array
from headcast.reenact.generated import Generated, to_generated
from headcast.types import Conditioning

try:
    import torch

    from headcast.avatars.traced import rebuild_generator
except ImportError as error:
    raise needs_torch("running on a GPU", error) from error


def check_gpu() -> None:
    """DeviceError where torch sees no GPU."""
    if not torch.cuda.is_available():
        raise DeviceError("device cuda was asked for, but torch sees no GPU; use --device cpu or auto")


class TorchRuntime:
    """Runs the generator in torch."""

    def __init__(self, avatar: Avatar, device: str, precision: str) -> None:
        self._device = torch.device(device)
        self._channels = avatar.config.conditioning_channels
        self._generator = rebuild_generator(avatar.config, avatar.weights).to(self._device)
        self._generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch forgets this one
        self._parameters = torch.from_numpy(avatar.adain_parameters).to(self._device)
        self._half = precision == "bf16" or (precision == "auto" and self._device.type == "cuda")
        self.name = f"torch {self._device.type} {'bf16' if self._half else 'f32'}"

    def start(self, conditioning: Conditioning) -> Callable[[], Generated]:
        """Begin to generate one frame: a GPU goes on by itself."""
        channels = torch.from_numpy(conditioning_to_array(conditioning, self._channels))
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            output = self._generator(channels.to(self._device), self._parameters)
            image, warp_weight = output.image.float(), output.warp_weight.float()
        return lambda: to_generated(image.cpu().numpy(), warp_weight.cpu().numpy())
