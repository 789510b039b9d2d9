"""A picture in, what lies behind a person near each pixel out: its colours, and how like them a pixel is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.smooth import fill_from_around
from headcast.types import Mask

LEAST_KNOWN = 0.02  # share of the pixels near by that must be known to tell a mean
SOLID = 0.9  # share of the person from which on a pixel's colour is the person's
HIDDEN_FROM = 0.05  # share of the person in a pixel from which on the background behind it is not known


def surroundings(
    picture: NDArray[np.float32], known: NDArray[np.bool_], radius: int, least: float = LEAST_KNOWN
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean colour (H, W, 3) of what is `known` (H, W) near by, and how uneven (H, W) it is, in levels.

    Where less than the share `least` of what is near by is known, that is of what lies farther.
    """
    nearby = mean_where(picture, known, radius, least)
    squares = mean_where(np.square(picture - nearby).mean(2, keepdims=True), known, radius, least)
    return nearby, np.sqrt(np.maximum(squares[:, :, 0], 0))


def compared(
    picture: NDArray[np.float32], matte: Mask, known: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return of each pixel (H, W) which share of its colour is the person's, the rest being the `known` background's.

    And by how many levels it is unlike the background, and unlike any mixture of both.
    """
    behind = fill_from_around(picture, known.astype(np.float32))
    person = fill_from_around(picture, (matte > SOLID).astype(np.float32))
    towards, unlike = person - behind, picture - behind
    share = (unlike * towards).sum(2) / (np.square(towards).sum(2) + 25)
    levels, other = (
        np.sqrt(np.square(part).mean(2)) for part in (unlike, unlike - np.minimum(share, 1)[:, :, None] * towards)
    )
    return share, levels, other


def mean_where(
    picture: NDArray[np.float32], where: NDArray[np.bool_], radius: int, least: float = LEAST_KNOWN
) -> NDArray[np.float32]:
    """Return the mean (H, W, C) of the pixels around each that are wanted; of farther ones where none is."""
    weight = where.astype(np.float32)
    size = (2 * radius + 1, 2 * radius + 1)
    known = cv2.blur(weight, size)
    total = cv2.blur(picture * weight[:, :, None], size).reshape(picture.shape)
    mean = total / np.maximum(known, 1e-6)[:, :, None]
    return fill_from_around(np.asarray(mean, np.float32), (known > least).astype(np.float32))


def disc(radius: float) -> NDArray[np.uint8]:
    """Return a disc as OpenCV's morphology takes it; `radius` in pixels, at least 1."""
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
