"""A photo in, the one colour that each brightness has in it out; frames in, the same in those colours out.

The generator has seen few grey or sepia photos and paints teeth and lips in a colour of its own.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image

ToneCurve = NDArray[np.uint8]
"""(256, 3): the colour of each brightness."""

SINGLE_TONE: Final = 1.5  # mean levels by which one brightness may differ in colour; paintings differ by 2.4 and more
NEIGHBOURS: Final = 4.0  # levels of brightness over which the curve is smoothed


def find_tone_curve(photo: Image) -> ToneCurve | None:
    """Return the colours of a monochrome photo, grey or tinted, by brightness; None for a photo in colour."""
    brightness = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    tint = photo.astype(np.float64) - brightness[:, :, None]
    counts = _smooth(np.bincount(brightness.ravel(), minlength=256).astype(np.float64)) + 1e-6
    sums = [np.bincount(brightness.ravel(), tint[:, :, channel].ravel(), 256) for channel in range(3)]
    tints = np.stack([_smooth(np.asarray(each, np.float64)) / counts for each in sums], -1)
    if np.abs(tint - tints[brightness]).mean() > SINGLE_TONE:
        return None
    return np.asarray(np.clip(np.arange(256)[:, None] + tints + 0.5, 0, 255), np.uint8)


def in_tones(frame: Image, curve: ToneCurve) -> Image:
    """Return the frame with each pixel in the colour of its brightness."""
    brightness = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.LUT(cv2.merge([brightness] * 3), curve.reshape(1, 256, 3)), np.uint8)


def _smooth(histogram: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(histogram[None], (0, 0), NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)[0])
