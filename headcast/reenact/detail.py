"""What a photo has and its reduced shot lost in; the same carried to other places and added to a patch out.

Colours and matte stand in bytes, four a pixel: OpenCV reads those between pixels in a quarter of the time that wider
numbers take.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask

NOTHING: Final = 128  # what stands for 0
MOST: Final = 127


class Detail:
    """What was lost of `colour` (H, W, 3), in levels, and of `matte` (H, W): more or less than the shot has."""

    def __init__(self, colour: NDArray[np.float32], matte: NDArray[np.float32]) -> None:
        self._level = 1 if np.abs(colour).max() <= MOST else 2  # levels a step
        share = max(float(np.abs(matte).max()), 1 / 255) / MOST  # of the matte a step
        steps = np.rint(np.dstack([colour / self._level, matte / share])) + NOTHING
        self._steps = np.clip(steps, 0, 255).astype(np.uint8)
        self._shares = np.asarray((np.arange(256) - NOTHING) * share, np.float32)

    def add(self, colour: Image, matte: Mask, places: NDArray[np.float32], own: Mask, shown: Image) -> None:
        """Add, in place, to a patch's colours and matte what was lost at places (h, w, 2) of the photo.

        To the matte it is added by the share `own` (h, w), to the colours where `shown` (h, w) is not 0.
        """
        nothing = (NOTHING,) * 4
        steps = cv2.remap(
            self._steps, places, np.empty(0), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=nothing
        )
        matte += cv2.LUT(cv2.extractChannel(steps, 3), self._shares) * own
        finer = cv2.copyTo(cv2.cvtColor(steps, cv2.COLOR_RGBA2RGB), shown, np.full_like(colour, NOTHING))
        cv2.addWeighted(colour, 1, finer, self._level, -NOTHING * self._level, colour)
