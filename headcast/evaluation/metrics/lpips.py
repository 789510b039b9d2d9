"""Two pictures in, their LPIPS distance out, as one number or as a map that can be averaged inside a mask.

The network is SqueezeNet 1.1, AlexNet or VGG16 from the user's disk; the linear heads are the published ones (Zhang
et al. 2018, version 0.1) that come with torchmetrics. A judge only: no loss may use it.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from headcast.errors import MissingPackageError
from headcast.evaluation.metrics.trunks import Trunk
from headcast.types import Image


def perceptual_distance(trunk: Trunk) -> "PerceptualDistance":
    """Return the judge with the published heads for a trunk; MissingPackageError without torchmetrics."""
    return PerceptualDistance(trunk, load_heads(trunk.name))


class PerceptualDistance:
    """LPIPS: 0 for equal pictures, about 0.5 for unrelated ones. `name` stands beside every figure it gives."""

    def __init__(self, trunk: Trunk, heads: list[Tensor]) -> None:
        self.name = f"LPIPS-{trunk.name}"
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
    def _layer_distances(self, image: Image, target: Image) -> list[Tensor]:
        """Compare unit-length features layer by layer; each result is (1, 1, h, w)."""
        if image.shape != target.shape or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"LPIPS needs two (H, W, 3) pictures of one size, not {image.shape} and {target.shape}")
        x = _to_input([image, target])
        distances: list[Tensor] = []
        for index, layer in enumerate(self._trunk.layers):
            x = layer(x)
            if index in self._trunk.tapped:
                unit = x / torch.sqrt(1e-8 + x.square().sum(1, keepdim=True))
                head = self._heads[len(distances)]
                distances.append(functional.conv2d((unit[:1] - unit[1:]).square(), head))
        return distances


class TrunkFeatures:
    """A trunk's last features: sets of them can be compared. `name` stands beside the figures."""

    def __init__(self, trunk: Trunk) -> None:
        self.name = trunk.title
        self._layers = trunk.layers

    @torch.inference_mode()
    def vector(self, image: Image) -> NDArray[np.float32]:
        """Return the features averaged over the picture, (512,) for SqueezeNet."""
        features: NDArray[np.float32] = self._layers(_to_input([image])).mean((2, 3))[0].numpy()
        return features


def _to_input(images: list[Image]) -> Tensor:
    """Stack pictures to (B, 3, H, W) in the range that the trunk was trained on."""
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    mean, spread = x.new_tensor([-0.030, -0.088, -0.188]), x.new_tensor([0.458, 0.448, 0.450])
    return (x - mean.view(3, 1, 1)) / spread.view(3, 1, 1)


def load_heads(trunk_name: str) -> list[Tensor]:
    """Return the published linear heads for a trunk's tapped layers, each (1, channels, 1, 1)."""
    found = find_spec("torchmetrics")  # for its files alone: to import it takes some seconds
    if found is None or found.origin is None:
        raise MissingPackageError('LPIPS needs torchmetrics; run pip install "headcast[evaluate]"')
    path = Path(found.origin).parent / f"functional/image/lpips_models/{trunk_name}.pth"
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return [weights[f"lin{index}.model.1.weight"] for index in range(len(weights))]
