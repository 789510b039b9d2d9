"""Places in a shot that a mesh leads to in, the same, evener where it draws the shot out, out.

What a shot shows at a grazing angle, as the side of a cheek, is a column or two of it. Where the head turns that side
to the camera the mesh draws them out ten times, and what is fine in them becomes streaks and saw teeth. Skin is much
alike: if all that lies around gives a little, nothing is drawn out by much.
"""

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.pixels.mixing import mixed
from headcast.pixels.sampling import around
from headcast.types import Mask

Value = TypeVar("Value", np.float32, np.int32, np.intp)
STEP: Final = 4  # pixels a side of the blocks in which it is asked: what is evened is smooth
DRAWN_OUT: Final = (0.45, 0.75)  # pixels of the shot for one of the picture, between which that counts as drawn out ...
APART: Final = (2.0, 3.0)  # ... and between which two surfaces may lie beside each other
REACH: Final = 0.16  # eye distances to either side that give


def spread_evenly(places: NDArray[np.float32], gives: Mask, eye_distance: float) -> NDArray[np.float32]:
    """Return places (H, W, 2) in a shot, evened where it is drawn out, as far as its blocks (h, w) may: `gives`, 0..1.

    `eye_distance` is that of the picture, in pixels.
    """
    coarse = np.asarray((of_blocks(places) + of_blocks(places, STEP // 2 - 1)) / 2, np.float32)  # of their middles
    least, most = stretches(coarse)
    whole = np.asarray(1 - smoothstep(most, *APART), np.float32)
    drawn = np.asarray((1 - smoothstep(least, *DRAWN_OUT)) * whole * gives, np.float32)
    if not drawn.any():
        return places
    reach = max(1, round(REACH * eye_distance / STEP))
    side = 2 * reach + 1
    sound = cv2.erode(whole, _square(2 * side - 1), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    sound = np.minimum(sound, cv2.erode(gives, _square(side)))
    share = cv2.blur(np.minimum(cv2.dilate(drawn, _square(side)), sound), (side, side))
    even = cv2.blur(cv2.blur(coarse, (side, side)), (side, side))
    rows, columns = around(share > 0, 1)
    part = np.s_[STEP * rows.start : STEP * rows.stop, STEP * columns.start : STEP * columns.stop]
    size = places[part].shape[1::-1]
    even, share = (np.asarray(cv2.resize(each[rows, columns], size), np.float32) for each in (even, share))
    spread: NDArray[np.float32] = places.copy()
    spread[part] = mixed(places[part], even, share)
    return spread


def of_blocks(values: NDArray[Value], at: int = STEP // 2) -> NDArray[Value]:
    """Return one of the values (H, W) or (H, W, C) of each block: that in its row and column number `at`."""
    height, width = (side // STEP * STEP for side in values.shape[:2])
    return values[at:height:STEP, at:width:STEP]


def stretches(places: NDArray[np.float32]) -> tuple[Mask, Mask]:
    """Return how many pixels of the shot (h, w) there are for one, the fewest and the most in any direction.

    Neighbouring places (h, w, 2) are STEP pixels apart.
    """
    x, y = cv2.split(places / np.float32(STEP))
    x_across, x_along, y_across, y_along = (np.empty_like(x) for _ in range(4))
    for plane, across, along in ((x, x_across, x_along), (y, y_across, y_along)):
        np.subtract(plane[:, 1:], plane[:, :-1], out=across[:, :-1])
        np.subtract(plane[1:], plane[:-1], out=along[:-1])
        across[:, -1], along[-1] = across[:, -2], along[-2]
    squares = x_across**2 + x_along**2 + y_across**2 + y_along**2
    area = x_across * y_along - y_across * x_along
    root = np.sqrt(np.maximum(squares**2 - 4 * area**2, 0))
    return np.sqrt(np.maximum(squares - root, 0) / 2), np.sqrt((squares + root) / 2)


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)
