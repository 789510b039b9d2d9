"""A live picture in, the same with what must or may stand in it out: the label, delay and frames a second."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from headcast.types import Image

LABEL: Final = "synthetic"
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_SHARE: Final = 1 / 26  # of the picture's shorter side, that a line is high


def draw_label(image: Image, text: str = LABEL) -> Image:
    """Return the picture with a word on dark ground in its lower right corner."""
    height, width = image.shape[:2]
    return _boxed(image, text, lambda box: (width - box[0], height - box[1]))


def draw_hud(image: Image, text: str) -> Image:
    """Return the picture with a line in its upper left corner."""
    return _boxed(image, text, lambda box: (0, 0))


def _boxed(image: Image, text: str, place_of: Callable[[tuple[int, int]], tuple[int, int]]) -> Image:
    """Return a copy with a text on half-dark ground at the place that `place_of` gives for the box's size."""
    size = max(12.0, min(image.shape[:2]) * _SHARE)
    scale, thick = size / 30, max(1, round(size / 14))
    (width, height), base = cv2.getTextSize(text, _FONT, scale, thick)
    edge = round(size * 0.45)
    box = (width + 2 * edge, height + base + edge)
    left, top = (max(0, number) for number in place_of(box))
    image = image.copy()
    ground = image[top : top + box[1], left : left + box[0]]
    ground[:] = np.uint8(ground * 0.35)
    cv2.putText(image, text, (left + edge, top + edge // 2 + height), _FONT, scale, (255, 255, 255), thick, cv2.LINE_AA)
    return image
