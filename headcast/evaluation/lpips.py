"""Two pictures in, their LPIPS distance out, as one number or as a map that can be averaged inside a mask.

The network is SqueezeNet 1.1 from the user's disk; the linear heads are the published ones (Zhang et al. 2018,
version 0.1) that come with torchmetrics. A judge only: no loss may use it.
"""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from headcast.errors import CheckpointError, MissingPackageError
from headcast.types import Image

LPIPS_NAME: Final = "LPIPS-squeeze"
"""The judge's name, beside every figure it gives."""

MAX_TRUNK_BYTES: Final = 20_000_000
TAPPED_LAYERS: Final = (1, 4, 7, 9, 10, 11, 12)


def load_perceptual_distance(trunk_path: Path) -> "PerceptualDistance":
    """Load the judge; `trunk_path` is a safetensors file with torchvision's names `features.N...`.

    Raises CheckpointError when the file is not SqueezeNet 1.1, MissingPackageError without torchmetrics.
    """
    return PerceptualDistance(_load_trunk(trunk_path), _load_heads())


class PerceptualDistance:
    """LPIPS with the SqueezeNet trunk: 0 for equal pictures, about 0.5 for unrelated ones."""

    def __init__(self, trunk: nn.Sequential, heads: list[Tensor]) -> None:
        self._trunk = trunk
        self._heads = heads

    def distance(self, image: Image, target: Image) -> float:
        """Return the published LPIPS: the mean over each layer's positions, summed over layers."""
        return float(sum(layer.mean() for layer in self._layer_distances(image, target)))

    def distance_map(self, image: Image, target: Image) -> NDArray[np.float32]:
        """Return the published spatial LPIPS (H, W): each layer's distances spread to full size, then summed."""
        size = image.shape[:2]
        layers = self._layer_distances(image, target)
        maps = [functional.interpolate(layer, size, mode="bilinear", align_corners=False) for layer in layers]
        full: NDArray[np.float32] = torch.stack(maps).sum(0)[0, 0].numpy()
        return full

    @torch.inference_mode()
    def vector(self, image: Image) -> NDArray[np.float32]:
        """Return the trunk's last features averaged over the picture (512,): what FID and KID compare here."""
        features: NDArray[np.float32] = self._trunk(_to_input([image])).mean((2, 3))[0].numpy()
        return features

    @torch.inference_mode()
    def _layer_distances(self, image: Image, target: Image) -> list[Tensor]:
        """Compare unit-length features layer by layer; each result is (1, 1, h, w)."""
        if image.shape != target.shape or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"LPIPS needs two (H, W, 3) pictures of one size, not {image.shape} and {target.shape}")
        x = _to_input([image, target])
        distances: list[Tensor] = []
        for index, layer in enumerate(self._trunk):
            x = layer(x)
            if index in TAPPED_LAYERS:
                unit = x / torch.sqrt(1e-8 + x.square().sum(1, keepdim=True))
                head = self._heads[len(distances)]
                distances.append(functional.conv2d((unit[:1] - unit[1:]).square(), head))
        return distances


def _to_input(images: list[Image]) -> Tensor:
    """Stack pictures to (B, 3, H, W) in the range that the trunk was trained on."""
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    mean, spread = x.new_tensor([-0.030, -0.088, -0.188]), x.new_tensor([0.458, 0.448, 0.450])
    return (x - mean.view(3, 1, 1)) / spread.view(3, 1, 1)


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


def _squeezenet() -> nn.Sequential:
    """Build SqueezeNet 1.1's thirteen feature layers with torchvision's numbering."""

    def pool() -> nn.MaxPool2d:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    first = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), _Fire(64, 16, 64), _Fire(128, 16, 64), pool()]
    middle = [_Fire(128, 32, 128), _Fire(256, 32, 128), pool(), _Fire(256, 48, 192)]
    return nn.Sequential(*first, *middle, _Fire(384, 48, 192), _Fire(384, 64, 256), _Fire(512, 64, 256))


def _load_trunk(path: Path) -> nn.Sequential:
    """Load the trunk; names and shapes are checked against the network before a weight is used."""
    advice = "expected SqueezeNet 1.1 features as safetensors with torchvision's names; check the path"
    if not path.is_file() or path.stat().st_size > MAX_TRUNK_BYTES:
        raise CheckpointError(f"{path} is missing or larger than SqueezeNet; {advice}")
    with torch.device("meta"):
        trunk = _squeezenet()
    try:
        weights = {name.removeprefix("features."): tensor.float() for name, tensor in load_file(path).items()}
        trunk.load_state_dict(weights, assign=True)
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{path} does not hold the right weights; {advice}") from error
    return trunk.eval().requires_grad_(False)


def _load_heads() -> list[Tensor]:
    """Return the seven published linear heads, each (1, channels, 1, 1)."""
    try:
        import torchmetrics
    except ImportError as error:
        raise MissingPackageError("LPIPS needs torchmetrics; pip install torchmetrics") from error
    path = Path(torchmetrics.__file__).parent / "functional/image/lpips_models/squeeze.pth"
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return [weights[f"lin{index}.model.1.weight"] for index in range(len(TAPPED_LAYERS))]
