"""A picture and what is known of it in, what of that is lettering on an even ground out: signs, logos, captions.

A network that is shown half a letter goes on with what are no letters. On an even ground it need not see them.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.smooth import fill_from_around
from headcast.types import Image

REDUCED: Final = 4  # times: in which what is usual around is looked for
USUAL: Final = 41  # pixels of the reduced picture: strokes are narrower than half of it
GRAIN: Final = 1.5  # pixels of a blur, under which grain vanishes
UNLIKE: Final = 16.0  # levels from what is usual, from which on a pixel is no ground
EVEN: Final = 4.0  # levels: the mean difference of an even ground from what is usual
BESIDE: Final = 24  # pixels from what is not known, in which the ground must be seen ...
GROUND, ALL = 0.5, 0.9  # ... in at least such a share, and with what stands on it in that
LARGEST, LONGEST = 0.04, 0.4  # share of the picture that one letter takes at most, and of its side
END: Final = 5  # pixels over which a stroke ends where it was cut off
LINE: Final = 2.5  # times its breadth: the least length of a line
SOFT: Final = 7  # pixels around a stroke that are tinted by it


def find_lettering(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where (S, S) small things stand on an even ground in what is `known` (S, S) of a picture (S, S, 3).

    Nowhere, unless nearly all that is seen beside the unknown is one even ground.
    """
    none = np.zeros_like(known)
    fine, unlike = cv2.GaussianBlur(picture, (0, 0), GRAIN), none
    for _ in range(2):  # the second time without what was found the first time
        usual = _usual(picture, known & ~unlike)
        away = np.abs(fine - usual).max(2)
        unlike = known & (away > UNLIKE)
    tinted = cv2.dilate(unlike.astype(np.uint8), np.ones((SOFT, SOFT), np.uint8))
    _, parts, boxes, _ = cv2.connectedComponentsWithStats(tinted)
    small = _is_small(np.asarray(boxes, np.int32), len(picture))
    found, ground = known & small[parts], known & ~unlike
    beside = known & (cv2.dilate((~known).astype(np.uint8), np.ones((2 * BESIDE + 1,) * 2, np.uint8)) > 0)
    seen = beside & ground
    if not found.any() or not seen.any() or away[seen].mean() > EVEN:
        return none
    is_even = seen.sum() > GROUND * beside.sum() and (beside & (ground | found)).sum() > ALL * beside.sum()
    return np.asarray(found if is_even else none)


def _is_small(boxes: NDArray[np.int32], side: int) -> NDArray[np.bool_]:
    """Tell of parts of a square of `side` pixels, as OpenCV counts them, which (N,) are small, the first excepted.

    What comes in straight from the square's border is a line: that goes on.
    """
    starts, lengths = boxes[:, :2], boxes[:, 2:4]
    comes_in = ((starts == 0) | (starts + lengths == side)) & (lengths > LINE * lengths[:, ::-1])
    small = (boxes[:, cv2.CC_STAT_AREA] < LARGEST * side**2) & (lengths.max(1) < LONGEST * side) & ~comes_in.any(1)
    small[0] = False
    return np.asarray(small, np.bool_)


def _usual(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what is usual (S, S, 3) around each pixel in what is `known` (S, S) of a picture (S, S, 3)."""
    side = len(picture) // REDUCED
    smooth = fill_from_around(picture, known.astype(np.float32))
    reduced = cv2.resize(smooth, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
    usual = cv2.medianBlur(reduced, USUAL).astype(np.float32)
    return np.asarray(cv2.resize(usual, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def soften_cuts(filled: Image, missing: NDArray[np.bool_], lettering: NDArray[np.bool_]) -> None:
    """Let strokes end softly, in place, where what was `missing` (H, W) of an image (H, W, 3) begins.

    `lettering` (S, S) is of a square whose upper left part the image is.
    """
    side, disc = max(missing.shape), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (END, END))
    near = cv2.dilate(cv2.resize(lettering.astype(np.uint8), (side, side)), disc)
    ends = missing & (near[: missing.shape[0], : missing.shape[1]] > 0)
    filled[ends] = cv2.GaussianBlur(filled, (0, 0), END / 4)[ends]
