"""A person and where each pixel of a new picture comes from in; the same, dull where it is drawn out, out.

Where a head turns, the side that comes into view is drawn out of a few columns of the shot, and what is fine in them
becomes stripes. What is usual around them is dull, but no stripe.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.mixing import mixed, to_image
from headcast.pixels.sampling import around, sample
from headcast.types import Mask
from headcast.warping.mesh import SamplingGrid
from headcast.warping.spread import STEP, of_blocks, stretches

DRAWN_OUT = (0.15, 0.45)  # pixels of the shot for one of the picture, between which a surface counts as drawn out
EVEN_OVER = 16  # pixels over which that is evened
NEAR_OUTLINE, FADES = 44, 12  # pixels from the face's outline, and over which it ends: lids are drawn out, too, rightly
USUAL, SOFT = 13, 2.5  # pixels of the shot around each that tell what is usual, and of a blur of that


class DrawnOut:
    """A person (H, W, 4), colours and matte in bytes, that may be drawn out."""

    def __init__(self, person: NDArray[np.uint8]) -> None:
        levels = cv2.medianBlur(np.ascontiguousarray(person[:, :, :3]), USUAL)
        self._dull = np.dstack([cv2.GaussianBlur(levels, (0, 0), SOFT), person[:, :, 3]])

    def __call__(self, picture: NDArray[np.uint8], places: NDArray[np.float32], grid: SamplingGrid) -> Mask:
        """Make a carried picture (H, W, 4) dull, in place, where it is drawn out; return how far (H, W) that is so.

        `places` (H, W, 2) are those of the grid, in pixels of the person's picture.
        """
        share = drawn_out(grid)
        if (share > 0).any():
            part = around(share > 0, 0)
            there, here = (np.ascontiguousarray(each[part]) for each in (places, share))
            dull = sample(self._dull, there, cv2.BORDER_REPLICATE)
            picture[part] = to_image(mixed(picture[part].astype(np.float32), dull.astype(np.float32), here))
        return share


def drawn_out(grid: SamplingGrid) -> Mask:
    """Return how far (H, W) in 0..1 neighbours show nearly the same place, beside and within a face's outline."""
    least, _ = stretches(of_blocks(grid.positions))
    share = np.clip((DRAWN_OUT[1] - least) / (DRAWN_OUT[1] - DRAWN_OUT[0]), 0, 1)
    if not (share > 0).any():
        return np.zeros(grid.triangles.shape, np.float32)
    beside = of_blocks(grid.triangles) < 0
    outside = cv2.dilate(beside.view(np.uint8), _square(NEAR_OUTLINE // STEP))
    near = cv2.blur(outside.astype(np.float32), (FADES // STEP, FADES // STEP))
    even = cv2.blur(share, (EVEN_OVER // STEP, EVEN_OVER // STEP)) * near
    return np.asarray(cv2.resize(even, grid.triangles.shape[::-1]), np.float32)


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)
