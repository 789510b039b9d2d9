"""Feature networks of the content loss: images in [-1, 1] in, activations of VGG19 or VGGFace out.

The weights are not ours to ship: both loaders take the user's file. Both networks are the Caffe-trained originals,
whose activations give the paper's loss weights their scale: BGR, 0..255, mean subtracted.
"""

from pathlib import Path
from typing import Final, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from headcast.errors import CheckpointError


class _Architecture(NamedTuple):
    """A VGG network up to relu5_1: convolutions in each stage before its pooling, and the BGR mean of its images."""

    name: str
    convolutions: tuple[int, ...]
    mean: tuple[float, float, float]


_WIDTHS: Final = (64, 128, 256, 512, 512)
_VGG19: Final = _Architecture("VGG19", (2, 2, 4, 4, 1), (103.939, 116.779, 123.68))
_VGGFACE: Final = _Architecture("VGGFace", (2, 2, 3, 3, 1), (93.594, 104.762, 129.186))


class FeatureNetwork(nn.Module):
    """VGG up to the last stage whose first convolution `weights` holds; frozen, but the input's gradient flows."""

    def __init__(self, stages: list[list[tuple[Tensor, Tensor]]], mean: tuple[float, float, float]) -> None:
        super().__init__()
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.stages: list[list[nn.Conv2d]] = [[_convolution(*pair) for pair in stage] for stage in stages]
        self.convolutions = nn.ModuleList(convolution for stage in self.stages for convolution in stage)
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Activations relu1_1, relu2_1, ... of RGB images (B, 3, H, W) in [-1, 1]."""
        features = (images.flip(1) + 1.0) * 127.5 - self.mean
        activations: list[Tensor] = []
        for level, stage in enumerate(self.stages):
            if level > 0:
                features = functional.max_pool2d(features, 2)
            features = functional.relu(stage[0](features))
            activations.append(features)
            for convolution in stage[1:]:
                features = functional.relu(convolution(features))
        return activations


def load_vgg19(path: Path) -> FeatureNetwork:
    """VGG19 (Simonyan and Zisserman 2015, Caffe weights) from a file with torchvision's names, `features.0.weight`."""
    return _load(path, _VGG19)


def load_vggface(path: Path) -> FeatureNetwork:
    """VGGFace (VGG16; Parkhi et al. 2015) from a file with torchvision's names, `features.0.weight`."""
    return _load(path, _VGGFACE)


def _load(path: Path, architecture: _Architecture) -> FeatureNetwork:
    tensors = _read_tensors(path)
    stages: list[list[tuple[Tensor, Tensor]]] = []
    index, in_width = 0, 3  # torchvision counts convolutions, activations and poolings alike
    for width, num_convolutions in zip(_WIDTHS, architecture.convolutions, strict=True):
        stage: list[tuple[Tensor, Tensor]] = []
        for _ in range(num_convolutions):
            pair = tensors.get(f"features.{index}.weight"), tensors.get(f"features.{index}.bias")
            if pair[0] is None or pair[1] is None:
                break
            weight, bias = pair[0].float(), pair[1].float()
            if weight.shape != (width, in_width, 3, 3) or bias.shape != (width,):
                raise CheckpointError(f"{path} is not {architecture.name}: features.{index} is {tuple(weight.shape)}")
            stage.append((weight, bias))
            index, in_width = index + 2, width
        if not stage:
            break
        stages.append(stage)
        if len(stage) < num_convolutions:
            break
        index += 1
    if not stages:
        raise CheckpointError(f"{path} is not {architecture.name}: expected torchvision's names, features.0.weight ...")
    stages[-1] = stages[-1][:1]  # nothing reads what follows the last activation asked for
    return FeatureNetwork(stages, architecture.mean)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no such weights file: {path}") from None
    except Exception as error:  # torch and safetensors raise many kinds on a broken file
        raise CheckpointError(f"cannot read {path} ({type(error).__name__}); expected .safetensors weights") from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise CheckpointError(f"{path} holds no weights; expected a dictionary of tensors")
    return loaded


def _convolution(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer
