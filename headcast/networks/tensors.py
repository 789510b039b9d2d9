"""The one door between pictures and tensors: numpy images and conditionings in, network tensors out, and back."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
    """What a generator reads for one frame: its `conditioning_channels` decide between 3 and 13 channels.

    Channels: landmark image 3 and warped shot 3 in [-1, 1], then the maps in [0, 1] in the order of CONDITIONING_MAPS.
    """
    return torch.from_numpy(conditioning_to_array(conditioning, num_channels))


def conditioning_to_array(conditioning: Conditioning, num_channels: int) -> NDArray[np.float32]:
    """The same as `conditioning_to_tensor`, (1, C, H, W), for runtimes that read numpy."""
    height, width = conditioning.landmark_image.shape[:2]
    channels = np.empty((1, num_channels, height, width), np.float32)
    for start, image in ((0, conditioning.landmark_image), (3, conditioning.warped)):
        if start < num_channels:
            np.multiply(image.transpose(2, 0, 1), np.float32(1 / 127.5), out=channels[0, start : start + 3])
            channels[0, start : start + 3] -= 1.0
    if num_channels > 6:
        channels[0, 6:] = conditioning.maps.transpose(2, 0, 1)
    return channels
