"""Pictures and masks in, pictures weighed and mixed by the masks out.

OpenCV's loops: NumPy takes ten times as long where a mask meets the three channels of a picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask


def weighed(picture: NDArray[np.float32], mask: Mask) -> NDArray[np.float32]:
    """Return a picture (H, W, C) times a mask (H, W)."""
    return np.asarray(cv2.multiply(picture, cv2.merge([mask] * picture.shape[2])), np.float32)


def mixed(under: NDArray[np.float32], over: NDArray[np.float32], share: Mask) -> NDArray[np.float32]:
    """Return the picture `under` (H, W, C) where the share (H, W) is 0, `over` (H, W, C) where it is 1."""
    mixture = cv2.subtract(over, under)
    cv2.multiply(mixture, cv2.merge([share] * under.shape[2]), mixture)
    return np.asarray(cv2.add(under, mixture, mixture), np.float32)


def to_image(colour: NDArray[np.float32]) -> Image:
    """Return colours (H, W, 3) as a picture, each the nearest level of 0..255."""
    levels = np.asarray(colour + np.float32(0.5), np.float32)
    return np.asarray(np.clip(levels, 0, 255, out=levels), np.uint8)
