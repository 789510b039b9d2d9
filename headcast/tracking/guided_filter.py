"""A picture and a mask of it in, the mask with its edges on the picture's edges out (He, Sun, Tang, ECCV 2010)."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from headcast.types import Image, Mask

_LEAST_SPREAD: Final = 1e-6
"""Of a window's colours, 0..1: the determinant of their covariance. The colours of narrower ones, as of a bare wall and
of two greys side by side, do not say where the mask ends."""

_PAIRS: Final = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def guided_filter(image: Image, mask: Mask, radius: int, contrast: float) -> Mask:
    """Return the mask as linear functions of colour: of each window the one that fits best, their mean in each pixel.

    Windows are 2 `radius` + 1 pixels wide, on a picture that is mirrored at its ends; those of hardly any colours keep
    the mask's mean. An edge weaker than `contrast`, of white, does not attract the mask.
    """
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Mask) -> Mask:
        return np.asarray(cv2.boxFilter(values, -1, side, borderType=cv2.BORDER_REFLECT), np.float32)

    colours = [plane.astype(np.float32) / np.float32(255) for plane in cv2.split(image)]
    means, mask_mean = [mean(colour) for colour in colours], mean(mask)
    spread = [mean(colours[i] * colours[j]) - means[i] * means[j] for i, j in _PAIRS]  # Sigma
    for i in (0, 3, 5):
        spread[i] += contrast**2  # epsilon
    shared = [mean(mask * colour) - mask_mean * colour_mean for colour, colour_mean in zip(colours, means, strict=True)]
    slopes = _solve(spread, shared)  # a, eq. 14
    smooth = mean(mask_mean - _dot(slopes, means))  # b, eq. 15
    return np.asarray(_dot([mean(slope) for slope in slopes], colours) + smooth, np.float32)  # q, eq. 16


def _solve(matrix: Sequence[Mask], right: Sequence[Mask]) -> list[Mask]:
    """Solve the three equations of each pixel by cofactors; `matrix` is symmetric, its entries ordered as `_PAIRS`."""
    rr, rg, rb, gg, gb, bb = matrix
    first = (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb)
    second = (first[1], rr * bb - rb * rb, rg * rb - rr * gb)
    third = (first[2], second[2], rr * gg - rg * rg)
    determinant = _dot((rr, rg, rb), first)
    scale = np.where(determinant < _LEAST_SPREAD, 0, 1 / np.maximum(determinant, _LEAST_SPREAD))
    return [_dot(row, right) * scale for row in (first, second, third)]


def _dot(left: Sequence[Mask], right: Sequence[Mask]) -> Mask:
    products: list[Mask] = [one * other for one, other in zip(left, right, strict=True)]
    return products[0] + products[1] + products[2]
