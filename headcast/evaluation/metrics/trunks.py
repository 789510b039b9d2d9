"""A weights file in, the convolutions of the network that it holds out: SqueezeNet 1.1, AlexNet or VGG16, up to LPIPS.

Layers are numbered as in torchvision, whose names the files use; weights of classifiers are left where they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from headcast.errors import CheckpointError

MAX_TRUNK_BYTES: Final = 600_000_000
"""VGG16 with its classifier has 553 MB."""

ADVICE: Final = (
    "expected SqueezeNet 1.1, AlexNet or VGG16 with torchvision's names, .safetensors or .pth; check the path"
)


@dataclass(frozen=True)
class Trunk:
    """Layers whose outputs at `tapped` numbers are compared; `name` is that of the published heads for them."""

    name: str
    title: str
    layers: nn.Sequential
    tapped: tuple[int, ...]


def load_trunk(path: Path) -> Trunk:
    """Load a trunk; names and shapes are checked against the network before a weight is used.

    Raises CheckpointError for a file that holds none of the three.
    """
    if not path.is_file() or path.stat().st_size > MAX_TRUNK_BYTES:
        raise CheckpointError(f"{path} is missing or larger than VGG16; {ADVICE}")
    weights = _read_features(path)
    build = next((build for layer, build in TELLING_LAYERS.items() if layer in weights), squeezenet)
    with torch.device("meta"):
        trunk = build()
    try:
        trunk.layers.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not hold the right weights; {ADVICE}") from error
    trunk.layers.eval().requires_grad_(False)
    return trunk


def squeezenet() -> Trunk:
    """SqueezeNet 1.1 (Iandola et al. 2016) with fresh weights."""

    def pool() -> nn.MaxPool2d:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    first = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), _Fire(64, 16, 64), _Fire(128, 16, 64), pool()]
    middle = [_Fire(128, 32, 128), _Fire(256, 32, 128), pool(), _Fire(256, 48, 192)]
    last = [_Fire(384, 48, 192), _Fire(384, 64, 256), _Fire(512, 64, 256)]
    return Trunk("squeeze", "SqueezeNet 1.1", nn.Sequential(*first, *middle, *last), (1, 4, 7, 9, 10, 11, 12))


def alexnet() -> Trunk:
    """AlexNet (Krizhevsky 2014) with fresh weights."""
    first = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU()]
    widths = ((192, 384), (384, 256), (256, 256))
    rest = [layer for pair in widths for layer in (nn.Conv2d(*pair, 3, padding=1), nn.ReLU())]
    return Trunk("alex", "AlexNet", nn.Sequential(*first, nn.MaxPool2d(3, 2), *rest), (1, 4, 7, 9, 11))


def vgg16() -> Trunk:
    """VGG16 (Simonyan and Zisserman 2015) with fresh weights."""
    layers: list[nn.Module] = []
    num_in = 3
    for num_out, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        if layers:
            layers.append(nn.MaxPool2d(2))
        for _ in range(count):
            layers += [nn.Conv2d(num_in, num_out, 3, padding=1), nn.ReLU()]
            num_in = num_out
    return Trunk("vgg", "VGG16", nn.Sequential(*layers), (3, 8, 15, 22, 29))


TELLING_LAYERS: Final[dict[str, Callable[[], Trunk]]] = {"28.weight": vgg16, "10.weight": alexnet}
"""The last convolution of each network that numbers its convolutions; SqueezeNet's blocks name theirs."""


class _Fire(nn.Module):
    """SqueezeNet's block: a narrow 1x1 layer, then 1x1 and 3x3 layers side by side (Iandola et al. 2016)."""

    def __init__(self, num_in: int, num_narrow: int, num_each: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(num_in, num_narrow, 1)
        self.expand1x1 = nn.Conv2d(num_narrow, num_each, 1)
        self.expand3x3 = nn.Conv2d(num_narrow, num_each, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, num_in, H, W) to (B, 2 * num_each, H, W)."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1).relu()


def _read_features(path: Path) -> dict[str, Tensor]:
    """Return the convolutions' weights by torchvision's number, such as "0.weight"."""
    try:
        loaded = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointError(f"{path} does not hold the right weights; {ADVICE}") from error
    prefix = "features."
    if not isinstance(loaded, dict):
        raise CheckpointError(f"{path} does not hold the right weights; {ADVICE}")
    return {
        name.removeprefix(prefix): tensor.float()
        for name, tensor in loaded.items()
        if isinstance(name, str) and name.startswith(prefix) and isinstance(tensor, Tensor)
    }
