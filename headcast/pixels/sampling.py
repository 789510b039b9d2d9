"""Pictures and places in them in, what stands at those places out."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", np.uint8, np.int16, np.float32)
FINER = 2  # times as many pixels a side has what is read between its pixels
CRISPER = 0.05  # of a pixel, from each side: what reading leaves out in the mean over all places
TORN = (1.7, 4.0)  # pixels between what two neighbours show, between which one surface may end before another ...
ALIKE = 1.5  # ... if it is more than so many times those beside; from the second on it does
_NO_SECOND_MAP = np.empty(0, np.float32)  # x and y stand in one map


def sample(image: NDArray[Pixel], positions: NDArray[np.float32], border: int = cv2.BORDER_CONSTANT) -> NDArray[Pixel]:
    """Read an image (H, W) or (H, W, C) at positions (h, w, 2); `border` says what lies beyond it, 0 by default."""
    return np.asarray(cv2.remap(image, positions, _NO_SECOND_MAP, cv2.INTER_LINEAR, borderMode=border), image.dtype)


def finer(picture: NDArray[Pixel]) -> NDArray[Pixel]:
    """Return a picture (H, W) or (H, W, C) with FINER times as many pixels a side, to be read at `in_finer` places.

    Bilinear reading halfway between pixels leaves cos(w / 2) of a frequency w, on a pixel all of it: what is carried
    would be soft or sharp by where it comes to lie, and a slow motion would pulse. Here it leaves cos(w / 4) at least,
    and what that takes in the mean is given beforehand.
    """
    crisp = crisper(picture)
    return np.asarray(cv2.resize(crisp, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC), picture.dtype)


def in_finer(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return where places (h, w, 2) in pixels of a picture lie in that picture made `finer`."""
    return np.asarray(places * np.float32(FINER) + np.float32((FINER - 1) / 2), np.float32)


def crisper(picture: NDArray[Pixel]) -> NDArray[Pixel]:
    """Return a picture (H, W) or (H, W, C) with as much more of its fine detail as reading it anew takes."""
    kernel = np.array([-CRISPER, 1 + 2 * CRISPER, -CRISPER], np.float32)
    return np.asarray(cv2.sepFilter2D(picture, -1, kernel, kernel), picture.dtype)


def pixel_places(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return x and y (H, W, 2) of each pixel of a picture (H, W)."""
    rows, columns = np.indices(shape[:2], dtype=np.float32)
    return np.stack([columns, rows], -1)


def around(wanted: NDArray[np.bool_], reach: int) -> tuple[slice, slice]:
    """Return the rows and columns within `reach` of a box that holds all that is wanted (H, W)."""
    left, top, width, height = cv2.boundingRect(wanted.view(np.uint8))
    return slice(max(top - reach, 0), top + height + reach), slice(max(left - reach, 0), left + width + reach)


def nearest_where(wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return for each pixel (H, W) x and y (H, W, 2) of the nearest wanted one; its own where none is wanted."""
    places = pixel_places(wanted.shape)
    if not wanted.any():
        return places
    unwanted = (~wanted).astype(np.uint8)
    _, numbers = cv2.distanceTransformWithLabels(unwanted, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    by_number = np.zeros((int(numbers.max()) + 1, 2), np.float32)
    by_number[numbers[wanted]] = places[wanted]
    return np.asarray(by_number[numbers])


def torn(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 (H, W) where one surface ends before another: neighbours show places (H, W, 2) that lie far apart.

    One that is only drawn together, as a cheek that turns away, is whole: there all neighbours lie about as far apart.
    """
    jumps = np.zeros(places.shape[:2], np.bool_)
    jumps[:, :-1] = _jumps(np.asarray(cv2.absdiff(places[:, 1:], places[:, :-1]), np.float32), (3, 1))
    jumps[:-1] |= _jumps(np.asarray(cv2.absdiff(places[1:], places[:-1]), np.float32), (1, 3))
    wider = cv2.dilate(jumps.view(np.uint8), np.ones((2, 2), np.uint8))
    return np.asarray(cv2.blur(wider.astype(np.float32), (3, 3)), np.float32)


def _jumps(steps: NDArray[np.float32], along: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which of the steps (h, w, 2) between neighbours, that lie `along` columns and rows, jump."""
    jumps = _either(steps > TORN[0])
    near = around(jumps, 1)
    beside = cv2.dilate(steps[near], np.array([1, 0, 1], np.uint8).reshape(along[::-1]))
    jumps[near] = _either(steps[near] > ALIKE * np.clip(beside, TORN[0] / ALIKE, TORN[1] / ALIKE))
    return jumps


def _either(axes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(axes.view(np.uint16)[:, :, 0] > 0)
