"""A close-up of a mouth whose inside was laid in, in; the same without hairlines along the lips out.

Where the inside that was drawn, or carried from a photo, meets the lips of another moment there is a line one pixel
wide. True mouths have none, and the network makes beads and double lines of it.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.pixels.mixing import mixed
from headcast.pixels.sampling import around
from headcast.types import Mask

OPEN: Final = 0.5  # share of the opening in a pixel, from which on it lies between the lips
BESIDE: Final = 3  # pixels of the close-up that the line and what is evened beside it are broad
FADES: Final = 3  # pixels over which that ends
REACH: Final = 6  # pixels beside the opening that anything of this depends on
EVENED_OVER: Final = 1.5  # pixels
PLAINLY: Final = (5.0, 9.0)  # pixels of the close-up from lip to middle between which a mouth goes from shut to open


def plainly_open(open_mouth: NDArray[np.bool_], between: tuple[float, float] = PLAINLY) -> float:
    """Return 1 for a mouth whose opening (h, w) is wide, falling to 0 for a slit: lips that close must stay closed.

    It does so `between` these depths, pixels from lip to middle.
    """
    deepest = cv2.distanceTransform(open_mouth.view(np.uint8), cv2.DIST_L2, 3).max()
    return float(smoothstep(np.float64(deepest), *between))


def even_lip_line(colour: NDArray[np.float32], inside: Mask) -> None:
    """Even out a close-up (h, w, 3) along the edge of what is `inside` (h, w) of the mouth, in place."""
    open_mouth = inside > OPEN
    if not open_mouth.any():
        return
    near = around(open_mouth, REACH)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (BESIDE, BESIDE))
    line = cv2.morphologyEx(open_mouth[near].view(np.uint8), cv2.MORPH_GRADIENT, disc).astype(np.float32)
    share = np.asarray(cv2.blur(line, (FADES, FADES)) * np.float32(plainly_open(open_mouth[near])), np.float32)
    part = colour[near]
    part[:] = mixed(part, np.asarray(cv2.GaussianBlur(part, (0, 0), EVENED_OVER), np.float32), share)
