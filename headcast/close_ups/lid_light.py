"""A painted eye whose lids have come down in, the same with lids no lighter than the lightest skin around them out.

Where a lid comes down, the eyes' network makes what the photo shows dark above it, lashes and shade, as light as a lid.
It is right on average, but makes mascara and what lies between it white, even where the lid has hardly moved.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.lip_rim import brightness
from headcast.geometry.measures import smoothstep
from headcast.pixels.mixing import weighed
from headcast.types import Image, Mask

DOWN: Final = (0.005, 0.02)  # eye distances that lids have come down: none is too light before
AROUND: Final = 13  # pixels of half the close-up across which the lightest skin is looked for
MOST: Final = (20.0, 400.0)  # levels by which a lid gets lighter, and for each eye distance that it comes down
SPARE: Final = np.float32(5)  # levels by which a lid may be lighter: it curves towards the light
RIM: Final = 5  # pixels: the wet rim of a lid may be lighter, half as far


def no_lighter_than_around(picture: NDArray[np.float32], carried: Image, inside: Mask, change: float) -> None:
    """Make a painted eye's lids (h, w, 3), 0..255, in place, no lighter than the skin of the `carried` one (h, w, 3).

    Nor do they get lighter than so far a way down can make them. `inside` (h, w) is what lies between the lids,
    `change` how much farther they are open than in the shots.
    """
    share = np.float32(smoothstep(np.float64(-change), *DOWN))
    if share <= 0:
        return
    eye = cv2.dilate(np.ascontiguousarray(inside), np.ones((RIM, RIM), np.uint8))
    half = inside.shape[1] // 2, inside.shape[0] // 2  # what is light but smaller is a glint
    skin = cv2.resize(carried, half, interpolation=cv2.INTER_AREA)
    skin[cv2.resize(eye, half, interpolation=cv2.INTER_AREA) > 0] = 0
    lightest = cv2.blur(cv2.dilate(skin, np.ones((AROUND, AROUND), np.uint8)), (AROUND, AROUND))
    lightest = cv2.resize(lightest, inside.shape[::-1])
    lighter = np.asarray(cv2.subtract(picture, carried, dtype=cv2.CV_32F), np.float32)
    most = np.float32(MOST[0] - MOST[1] * change)
    too_much = weighed(lighter, 1 - most / np.maximum(brightness(lighter), most))
    excess = cv2.subtract(picture - too_much, np.maximum(lightest, carried), dtype=cv2.CV_32F)
    lid = share - share * cv2.blur(eye, (RIM, RIM))
    cv2.subtract(picture, weighed(too_much + np.maximum(excess - SPARE, 0), lid), picture)
