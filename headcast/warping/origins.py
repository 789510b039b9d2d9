"""Which shot shows a part of the carried picture, and where in the shot that is: for what is finer than the picture.

Colours are a blend of several shots, at the size of the shots; a mean of what is finer than a few pixels would be soft.
So fine detail comes from one shot at a time, but for the short while in which one takes over from another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.mixing import weighed
from headcast.types import Mask
from headcast.warping.patch import Patch

Weights = NDArray[np.float64]
Box = tuple[slice, slice]

TAKES_OVER: Final = 10.0  # power of the shots' weights by which fine detail takes turns: sooner than colours
LEAST_WEIGHT: Final = 0.1  # of a shot, of what the first one gives: less is none
FINE: Final = 7  # pixels around each: what is finer than their mean comes from one shot at a time


@dataclass(frozen=True)
class Origin:
    """A part of the picture, rows and columns `place`, that the shot of this `number` shows; 0 is the anchor.

    `positions` (h, w, 2) are x and y in the shot, `own` (h, w) in 0..1 how far a pixel is such a one, and `weight` how
    much of the detail is this shot's. Of `skin` the anchor's detail will do where the shot has none: all share it.
    """

    number: int
    place: Box
    positions: NDArray[np.float32]
    own: Mask
    weight: float
    skin: bool = False


def in_turn(weights: Weights) -> Weights:
    """Return the shots' weights (N,) for fine detail: hardly more than one at a time, and they sum to 1."""
    return without_least((weights / weights.max()) ** TAKES_OVER)


def without_least(weights: Weights) -> Weights:
    """Return the shots' weights (N,), which sum to 1, without those that count for hardly anything; never by a jump."""
    strong = np.maximum(weights - LEAST_WEIGHT * weights.max(), 0)
    return np.asarray(strong / strong.sum())


def of_anchor(origin: Origin, positions: NDArray[np.float32], own: Mask) -> Origin:
    """Return where the anchor shows the same place, as far as it does; `positions` and `own` are the whole frame's."""
    return replace(origin, number=0, positions=positions[origin.place], own=origin.own * own[origin.place])


def cover(origins: Sequence[Origin], patch: Patch) -> None:
    """Note, in place, that a patch was laid over what came from these origins."""
    height, width = patch.inside.shape
    bottom, right = patch.top + height, patch.left + width
    for origin in origins:
        rows, columns = origin.place
        top, left = max(rows.start, patch.top), max(columns.start, patch.left)
        low, far = min(rows.stop, bottom), min(columns.stop, right)
        if low > top and far > left:
            here = slice(top - rows.start, low - rows.start), slice(left - columns.start, far - columns.start)
            inside = patch.inside[top - patch.top : low - patch.top, left - patch.left : far - patch.left]
            origin.own[here] *= 1 - inside


def mixed_in_bands(
    pictures: Sequence[NDArray[np.float32]], shares: Sequence[Mask], strong: Sequence[Mask]
) -> NDArray[np.float32]:
    """Mix pictures (H, W, 3) by `shares` (H, W), and what is fine in them by `strong` shares; both sum to 1."""
    total = np.sum([weighed(picture, share) for picture, share in zip(pictures, shares, strict=True)], axis=0)
    for picture, share, stronger in zip(pictures, shares, strong, strict=True):
        fine = np.asarray(cv2.subtract(picture, cv2.blur(picture, (FINE, FINE))), np.float32)
        total += weighed(fine, np.asarray(stronger - share, np.float32))
    return np.asarray(total, np.float32)
