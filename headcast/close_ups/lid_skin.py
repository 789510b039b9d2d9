"""A close-up of an eye whose upper lid has come down in, the same without the photo's lashes on that lid's skin out.

In a photo of an open eye the lashes of the upper lid stand before the lid and the skin above it. The mesh carries them
as if they were painted on that skin: where the lid comes down they are drawn out to dark stripes, and the eyes' network
makes what lies between them white.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.topology import PAPER_RIGHT_BROW, RIGHT_EYE_UPPER
from headcast.pixels.mixing import weighed
from headcast.types import Landmarks, Mask
from headcast.warping.patch import box_around

DOWN: Final = (0.02, 0.06)  # eye distances that the lid has come down, between which lashes are taken out
BROAD: Final = 11  # pixels of the close-up: what is darker than its sides and less broad is a lash, or a few
EVEN: Final = (7, 3)  # pixels across and down over which what is seen instead is evened
PLAIN: Final = (8.0, 24.0)  # levels by which a lash is darker than its sides: less is grain
BESIDE: Final = np.ones((5, 5), np.uint8)  # pixels: what is between lashes, and their edges
STUBS: Final = (1.0, 5.0)  # pixels above the rim of the lid over which lashes stay
BROW: Final = (0.55, 0.8)  # shares of the way from the rim to the brow over which hairs are the brow's
OUTER: Final = (2.0, 10.0)  # pixels beyond the outer corner as far as lashes reach ...
INNER: Final = (-8.0, 0.0)  # ... and beyond the inner one, near which none grow


def without_lashes(colour: NDArray[np.float32], there: Landmarks, change: float) -> Mask | None:
    """Show, in place, the skin of a close-up's upper lid (h, w, 3) where lashes are carried with it.

    `there` are its landmarks, `change` how much farther its lids are open than in the shots, in eye distances. Return
    where (h, w), in 0..1, or None for nowhere.
    """
    share = np.float32(smoothstep(np.float64(-change), *DOWN))
    if share <= 0:
        return None
    rim, brow = there[list(RIGHT_EYE_UPPER), :2], there[list(PAPER_RIGHT_BROW), :2]
    left, top, width, height = box_around(np.vstack([rim, rim - (OUTER[1], 0), brow]), colour.shape)
    place = np.s_[top : top + height, left : left + width]
    part = colour[place]
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones((1, BROAD), np.uint8))  # across: creases stay
    darker = cv2.transform(closed - part, np.full((1, 3), 1 / 3))
    lid = share * _lid(rim - (left, top), brow - (left, top), part.shape)
    lashes = smoothstep(np.asarray(darker, np.float32), *PLAIN) * lid
    part += weighed(np.maximum(cv2.blur(closed, EVEN) - part, 0), lashes)
    cleared = np.zeros(colour.shape[:2], np.float32)
    cleared[place] = lid * cv2.blur(cv2.dilate(lashes, BESIDE), BESIDE.shape)
    return cleared


def _lid(rim: NDArray[np.float32], brow: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """Return 1 (h, w) above a lid's `rim` (N, 2), from the outer corner to the inner one, as far as lashes reach."""
    rows, across = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)
    lower, upper = (np.interp(across, *line[np.argsort(line[:, 0])].T).astype(np.float32) for line in (rim, brow))
    above, outer, inner = lower - rows, rim[0, 0] - across, across - rim[-1, 0]
    beside = (1 - smoothstep(outer, *OUTER)) * (1 - smoothstep(inner, *INNER))
    reach = 1 - smoothstep(above / np.maximum(lower - upper, 1), *BROW)
    return np.asarray(smoothstep(above, *STUBS) * reach * beside, np.float32)
