"""A person whom the photo's end cuts off in, a larger picture in which hair, hat and shoulders go on out.

Some of what a moved head shows lies beyond the photo. What is a little way beyond is guessed once, from the whole
picture; what lies farther away is stretched (edges.py).
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask
from headcast.warping.edges import PhotoEdges
from headcast.warping.fine_matte import refine_matte
from headcast.warping.person_colours import person_colours

Grow = Callable[[Image, Mask], tuple[Image, Mask]]
"""Paints what is missing (H, W; 0 or 1) of a picture (H, W, 3) of a person; returns that and the person's matte."""

REACH = 0.12  # of the side: how far beyond the photo is guessed
JOINED = 5  # pixels over which the person and what was guessed pass into each other, beyond the photo


def grow_beyond(
    image: Image, person: NDArray[np.float32], edges: PhotoEdges, grow: Grow
) -> tuple[NDArray[np.float32], PhotoEdges, int]:
    """Return the `person` (H, W, 4) of a shot larger by some pixels on each side, where it ends then, and how many."""
    by = round(REACH * len(image))
    margins = (by,) * 4
    inside = cv2.copyMakeBorder(edges.inside(image.shape).astype(np.float32), *margins, cv2.BORDER_CONSTANT)
    outside = np.asarray(1 - inside, np.float32)
    picture, rough = grow(np.asarray(cv2.copyMakeBorder(image, *margins, cv2.BORDER_REPLICATE)), outside)
    matte = refine_matte(picture, rough)
    grown = np.dstack([person_colours(picture, matte), matte])
    known = np.maximum(inside, cv2.blur(inside, (JOINED, JOINED)))[:, :, None]
    larger = grown + known * (cv2.copyMakeBorder(person, *margins, cv2.BORDER_REPLICATE) - grown)
    return np.ascontiguousarray(larger, np.float32), edges.farther_away(by), by
