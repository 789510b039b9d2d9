"""A picture and how far it is known in, the picture with smooth colours where it is not out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask


def fill_smoothly(image: Image, hidden: Mask) -> NDArray[np.float32]:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3) with smooth colours, quickly; float32 0..255."""
    return fill_from_around(image, 1 - hidden)


def fill_from_around(image: Image | NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
    """Fill the unknown parts of an image (H, W, C) smoothly from the known ones, coarse to fine; float32."""
    colours = image.astype(np.float32)
    weights = np.clip(known, 0, 1)[:, :, None].astype(np.float32)
    if min(image.shape[:2]) <= 2 or weights.min() > 0.999:
        total = np.maximum(weights.sum(), 1e-3)
        return np.asarray(weights * colours + (1 - weights) * (weights * colours).sum((0, 1)) / total)
    half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    channels = colours.shape[2:]
    less = cv2.resize(weights * colours, half, interpolation=cv2.INTER_AREA).reshape(*half[::-1], *channels)
    weight = cv2.resize(weights[:, :, 0], half, interpolation=cv2.INTER_AREA)
    coarse = fill_from_around(
        np.asarray(less / np.maximum(weight, 1e-3)[:, :, None], np.float32), np.minimum(1, 2 * weight)
    )
    size = (image.shape[1], image.shape[0])
    smooth = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR).reshape(colours.shape)
    return np.asarray(weights * colours + (1 - weights) * smooth)
