"""A painted mouth and where it is open in, the same without a red line along the rims of its lips out.

The photo's lips were closed, or open otherwise: the dark red of where they met comes along with their rims, and the
network keeps and deepens it. True lips have no such line: their rims are darker, but of the colours around them.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.mixing import mixed, weighed
from headcast.types import Mask

OPEN: Final = 0.5  # share of the opening in a pixel, from which on it lies between the lips
REACH: Final = 4  # pixels of the close-up to both sides of the lips' inner line
FADES: Final = 7  # pixels over which that ends
AROUND: Final = 9  # pixels whose mean colour is that of a place
_BLACK: Final = np.float32(1)  # level that has no colour


def colour_rim_as_around(picture: NDArray[np.float32], inside: Mask) -> None:
    """Give the rim beside what is `inside` (h, w) of a painted mouth (h, w, 3), 0..255, the colour around it, in place.

    Each pixel keeps its brightness.
    """
    opening = np.asarray(inside > OPEN).view(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    beside = cv2.morphologyEx(opening, cv2.MORPH_GRADIENT, disc)
    if beside.any():
        share = np.asarray(cv2.blur(beside.astype(np.float32), (FADES, FADES)), np.float32)
        around = np.asarray(cv2.blur(picture, (AROUND, AROUND)), np.float32)
        lighter = np.asarray((brightness(picture) + _BLACK) / (brightness(around) + _BLACK), np.float32)
        picture[:] = mixed(picture, weighed(around, lighter), share)


def brightness(picture: NDArray[np.float32]) -> Mask:
    """Return how bright (h, w) each pixel of a picture (h, w, 3) is, 0..255."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
