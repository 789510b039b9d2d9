"""Pictures and conditionings in, the arrays that networks read out; the side of the door that needs no torch."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Conditioning, Image


def images_to_array(images: Sequence[Image]) -> NDArray[np.float32]:
    """K images of one size to (K, 3, H, W) in [-1, 1]."""
    pixels = np.stack(images).transpose(0, 3, 1, 2).astype(np.float32)
    return np.ascontiguousarray(pixels / np.float32(127.5) - np.float32(1))


def conditioning_to_array(conditioning: Conditioning, num_channels: int, reduction: int = 1) -> NDArray[np.float32]:
    """What a generator reads for one frame, (1, C, H, W): `num_channels` decides between 3 and 13 channels.

    Channels: landmark image 3 and warped shot 3 in [-1, 1], then the maps in [0, 1] in the order of CONDITIONING_MAPS.
    With a `reduction` they are so many times smaller.
    """
    height, width = (side // reduction for side in conditioning.landmark_image.shape[:2])
    channels = np.empty((1, num_channels, height, width), np.float32)
    for start, image in ((0, conditioning.landmark_image), (3, conditioning.warped)):
        if start < num_channels:
            for channel, plane in zip(channels[0, start : start + 3], cv2.split(image), strict=True):
                np.multiply(_reduced(plane, reduction), np.float32(1 / 127.5), out=channel)
                channel -= 1.0
    if num_channels > 6:
        for channel, plane in zip(channels[0, 6:], conditioning.maps.transpose(2, 0, 1), strict=True):
            channel[:] = _reduced(plane, reduction)
    return channels


def _reduced(plane: NDArray[Any], reduction: int) -> NDArray[Any]:
    """Return the means of so many rows and columns of a plane (H, W)."""
    if reduction == 1:
        return plane
    size = (plane.shape[1] // reduction, plane.shape[0] // reduction)
    return np.asarray(cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA))
