"""A person whom the photo's end cuts off in, a larger picture in which hair, hat and shoulders go on out.

Some of what a moved head shows lies beyond the photo. What is a little way beyond is guessed once: the outline goes on
as it came, and its colours are guessed from the person's alone, so that nothing of what stands behind goes on as hair.
What lies farther away is stretched (edges.py).
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.mixing import mixed, to_image
from headcast.types import Image, Landmarks, Mask
from headcast.warping.edges import PhotoEdges
from headcast.warping.outline import outline_beyond

Grow = Callable[[Image, Mask], Image]
"""Paints what is missing (H, W; 0 or 1) of a picture (H, W, 3)."""

REACH = 0.12  # of the side: how far beyond the photo is guessed
JOINED = 5  # pixels over which the person and what was guessed pass into each other, beyond the photo


def grow_beyond(
    person: NDArray[np.float32], landmarks: Landmarks, edges: PhotoEdges, grow: Grow
) -> tuple[NDArray[np.float32], PhotoEdges, int]:
    """Return the `person` (H, W, 4) of a shot larger by some pixels on each side, where it ends then, and how many.

    The person's colours are known everywhere, beyond the matte, too.
    """
    size, by = len(person), round(REACH * len(person))
    inside = edges.inside((size, size))
    left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
    below, right = size - top - height, size - left - width
    shown = np.ascontiguousarray(person[top : top + height, left : left + width])
    margins = by + top, by + below, by + left, by + right
    known = np.asarray(cv2.copyMakeBorder(np.ones(shown.shape[:2], np.float32), *margins, cv2.BORDER_CONSTANT))
    beyond = np.asarray(cv2.copyMakeBorder(shown, *margins, cv2.BORDER_REPLICATE), np.float32)
    colours = grow(to_image(beyond[:, :, :3]), np.asarray(1 - known, np.float32))
    matte = outline_beyond(shown[:, :, 3], landmarks[:, :2] - np.array([left, top], np.float32), by)
    matte = np.asarray(cv2.copyMakeBorder(matte, top, below, left, right, cv2.BORDER_REPLICATE), np.float32)
    grown = np.asarray(np.dstack([colours, matte]), np.float32)
    joined = np.asarray(np.maximum(known, cv2.blur(known, (JOINED, JOINED))), np.float32)
    return mixed(grown, beyond, joined), edges.farther_away(by), by
