"""A painted eye whose lids have come down in, the same with lids no lighter than the lightest skin around them out.

Where a lid comes down, the eyes' network makes what the photo shows dark above it, lashes and shade, as light as a lid.
It is right on average, but makes mascara and what lies between it white.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.types import Image, Mask
from headcast.warping.mixing import weighed

DOWN: Final = (0.005, 0.02)  # eye distances that lids have come down: none is too light before
AROUND: Final = 27  # pixels of the close-up across which the lightest skin is looked for
GLINT: Final = 1.5  # pixels: what is light but smaller is no skin's colour
SPARE: Final = np.float32(5)  # levels by which a lid may be lighter: it curves towards the light
RIM: Final = 5  # pixels: the wet rim of a lid may be lighter, half as far


def no_lighter_than_around(picture: NDArray[np.float32], carried: Image, inside: Mask, change: float) -> None:
    """Make a painted eye's lids (h, w, 3), 0..255, in place, no lighter than the skin of the `carried` one (h, w, 3).

    `inside` (h, w) is what lies between the lids, `change` how much farther they are open than in the shots.
    """
    share = np.float32(smoothstep(np.float64(-change), *DOWN))
    if share <= 0:
        return
    eye = cv2.dilate(np.ascontiguousarray(inside), np.ones((RIM, RIM), np.uint8))
    skin = cv2.GaussianBlur(carried, (0, 0), GLINT)
    skin[eye > 0] = 0
    lightest = cv2.blur(cv2.dilate(skin, np.ones((AROUND, AROUND), np.uint8)), (AROUND, AROUND))
    excess = cv2.subtract(picture, np.maximum(lightest, carried), dtype=cv2.CV_32F)
    lid = share - share * cv2.blur(eye, (RIM, RIM))
    cv2.subtract(picture, weighed(np.maximum(excess - SPARE, 0), lid), picture)
