"""Points on a frame in, the piece of it around or between them out: what is laid over a warped shot."""

from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Mask

BOX_MARGIN = 2  # pixels


@dataclass(frozen=True)
class Patch:
    """One region to lay over the warped shot: `colour` (h, w, 3) float32 0..255, `inside` and `shown` (h, w) in 0..1.

    `inside` is the opening's coverage of each pixel, `shown` is 1 where the colour is the shot's own.
    """

    left: int
    top: int
    colour: NDArray[np.float32]
    inside: Mask
    shown: Mask


def polygon_mask(points: NDArray[np.float32], left: int, top: int, width: int, height: int) -> Mask:
    """Return the coverage (height, width) in 0..1 of a polygon (N, 2), anti-aliased, within a box of its image."""
    fine = 4
    corners = (points - (left, top) + 0.5) * fine - 0.5
    mask = np.zeros((height * fine, width * fine), np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], (255,), cv2.LINE_8, 4)
    area = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    # The fill includes the outline: a closed mouth is a line that must not count as open.
    across = float(points[:, 0].max() - points[:, 0].min())
    thickness = cv2.contourArea(np.asarray(points - points[0], np.float32)) / max(across, 1.0)
    return np.asarray(area * np.float32(min(max(thickness * 2 - 0.4, 0.0), 1.0)), np.float32)


def box_around(points: NDArray[np.floating], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, width, height of whole pixels around points (N, 2), inside of an image, never empty."""
    sides = []
    for low, high, length in zip(points.min(0).tolist(), points.max(0).tolist(), shape[1::-1], strict=True):
        first = min(max(floor(low) - BOX_MARGIN, 0), length - 2)
        sides.append((first, min(max(ceil(high) + BOX_MARGIN + 1, first + 1), length) - first))
    (left, width), (top, height) = sides
    return left, top, width, height
