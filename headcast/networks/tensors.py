"""The one door between pictures and tensors: numpy images and conditionings in, network tensors out, and back."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from headcast.networks.arrays import conditioning_to_array
from headcast.types import Conditioning, Image


def image_to_tensor(image: Image) -> Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) float32 in [-1, 1]."""
    return images_to_tensor([image])


def images_to_tensor(images: Sequence[Image]) -> Tensor:
    """K images of one size to (K, 3, H, W) float32 in [-1, 1]."""
    pixels = torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2))
    return pixels.float() / 127.5 - 1.0


def tensor_to_image(tensor: Tensor) -> Image:
    """(3, H, W) or (1, 3, H, W) in [-1, 1] (values outside are clipped) to (H, W, 3) uint8."""
    pixels = tensor.detach().float().reshape(tensor.shape[-3:]).clamp(-1.0, 1.0)
    rounded = torch.round((pixels + 1.0) * 127.5).to(torch.uint8)
    image: Image = np.ascontiguousarray(rounded.cpu().numpy().transpose(1, 2, 0))
    return image


def conditioning_to_tensor(conditioning: Conditioning, num_channels: int) -> Tensor:
    """The same as `conditioning_to_array`, as a tensor (1, C, H, W)."""
    return torch.from_numpy(conditioning_to_array(conditioning, num_channels))
