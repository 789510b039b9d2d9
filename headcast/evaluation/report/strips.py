"""A source, a driver, a result and what it should be in, one strip of pictures out; for reports, never for figures."""

import cv2
import numpy as np

from headcast.types import Image

ERROR_GAIN = 3


def strip(*pictures: Image) -> Image:
    """Lay pictures of one height side by side."""
    return np.ascontiguousarray(np.hstack(pictures))


def error_picture(output: Image, target: Image) -> Image:
    """Show where two pictures differ: black where they are equal, white from a third of the range on."""
    return np.clip(ERROR_GAIN * cv2.absdiff(output, target).astype(np.int32), 0, 255).astype(np.uint8)
