"""A picture and its person's matte in, what lies behind a straight edge of the even wall beside the person out.

A door frame that comes in from the picture's upper end near the hair is unlike the wall and often like the hair; but no
lock is straight. It stays where it is, and goes on behind the head.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask

LONG: Final = 32 / 256  # of the side: an edge's least length, from the upper end on
PARTS: Final = 8  # of that length, in each of which it must be seen
SLOPES: Final = np.linspace(-0.12, 0.12, 13)  # pixels to the side a row
STEEP: Final = 4.0  # levels over a 256th of the side by which each part of an edge changes; farther on half of it
SMOOTHED: Final = 1.0  # pixels: grain is no edge
AWAY: Final = (4 / 256, 40 / 256)  # of the side: how far from the person an edge may lie
NEXT: Final = 3 / 256  # of the side: of edges so near to each other the plainest is taken
WALL, EVEN = 16 / 256, 4.0  # of the side: the wall beside an edge; levels from its mean
CLEAR: Final = 2 / 256  # of the side, beside an edge: blur


def behind_wall_edge(image: Image, matte: Mask) -> NDArray[np.bool_]:
    """Tell what (H, W) lies between a person with a `matte` (H, W) and a straight edge of the even wall of an image."""
    own = matte > 0.5
    behind = np.zeros_like(own)
    rows = round(LONG * max(own.shape)) // PARTS * PARTS
    if rows == 0 or not own[:rows].any():
        return behind
    light = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    for way in (slice(None), slice(None, None, -1)):
        behind[:, way] |= _left_of(np.ascontiguousarray(light[:, way]), own[:, way], rows)
    return behind


def _left_of(light: NDArray[np.float32], own: NDArray[np.bool_], rows: int) -> NDArray[np.bool_]:
    """Tell what (H, W) of a grey picture lies between a person (H, W) and an edge to the left, seen in so many rows."""
    side = max(own.shape)
    first = int(own[:rows].any(0).argmax())
    left, right = max(0, round(first - AWAY[1] * side)), round(first - AWAY[0] * side)
    if right - left < 3:
        return np.zeros_like(own)
    steep = _steepness(light[:rows])
    seen = np.stack([_by_parts(_upright(steep, slope), PARTS).min(0) for slope in SLOPES])[:, left:right]
    strongest = seen.max(0)
    crests = strongest == cv2.dilate(strongest[None], np.ones((1, 2 * round(NEXT * side) + 1), np.uint8))[0]
    for column in np.flatnonzero(crests & (strongest > STEEP)) + left:  # the farthest from the person first
        slope = float(SLOPES[seen[:, column - left].argmax()])
        if _is_wall(_upright(light[:rows], slope), int(column), side):
            num_parts = len(own) * PARTS // rows
            along = _by_parts(_upright(_steepness(light), slope)[: num_parts * rows // PARTS], num_parts)[:, column]
            end = int((np.append(along, 0) < STEEP / 2).argmax()) * rows // PARTS
            return _between(own, column + slope * np.arange(end) - CLEAR * side)
    return np.zeros_like(own)


def _steepness(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much a grey picture (H, W) changes sideways, in levels over a 256th of its width."""
    smooth = cv2.GaussianBlur(light, (0, 0), SMOOTHED)
    return np.asarray(np.abs(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=light.shape[1] / 256 / 8)), np.float32)


def _upright(picture: NDArray[np.float32], slope: float) -> NDArray[np.float32]:
    """Return a picture (H, W) in which what slants by `slope` stands upright, where it is in the first row."""
    way = np.array([[1, slope, 0], [0, 1, 0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = picture.shape[1::-1]
    return np.asarray(cv2.warpAffine(picture, way, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _by_parts(picture: NDArray[np.float32], num_parts: int) -> NDArray[np.float32]:
    """Return the mean (num_parts, W) of the rows in each part of a picture (H, W)."""
    return np.asarray(picture.reshape(num_parts, -1, picture.shape[1]).mean(1), np.float32)


def _is_wall(upright: NDArray[np.float32], column: int, side: int) -> bool:
    """Tell whether what lies left of a column of a grey picture (H, W) is an even wall."""
    beside = upright[:, max(0, round(column - WALL * side)) : round(column - CLEAR * side)]
    return beside.shape[1] > 2 and bool(np.abs(beside - beside.mean()).mean() < EVEN)


def _between(own: NDArray[np.bool_], edge: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell what (H, W) lies between an `edge`, one column a row, and the person to its right (H, W)."""
    columns, found = np.arange(own.shape[1]), np.zeros_like(own)
    begins = np.where(own.any(1), own.argmax(1), 0)[: len(edge), None]
    found[: len(edge)] = (columns > edge[:, None]) & (columns < begins)
    return found
