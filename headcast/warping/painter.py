"""Triangles in, far ones first, the number of the one that is seen at each pixel out.

As if each were painted over those before, all in whole arrays: row by row of every triangle, then pixel by pixel of
every row. A triangle covers the pixels that it comes within half a pixel of, across and down, so that neighbours leave
no cracks and the thinnest one is a line.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

HALF: Final = np.float32(0.5)


def paint(triangles: NDArray[np.float64], numbers: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return at each of `size` x `size` pixels the number (of N) of the last of N triangles (N, 3, 2), -1 for none."""
    triangle, row, left, right = _spans(triangles, size)
    first = np.maximum(np.ceil(left - HALF), 0).astype(np.intp)
    lengths = np.minimum(np.floor(right + HALF), size - 1).astype(np.intp) - first + 1
    np.maximum(lengths, 0, out=lengths)
    ends = np.cumsum(lengths)
    starts = row * size + first - (ends - lengths)
    pixels = np.repeat(starts, lengths)
    pixels += np.arange(len(pixels))
    seen = np.full(size * size, -1, np.intp)
    seen[pixels] = np.repeat(numbers[triangle], lengths)
    return seen.reshape(size, size)


def _spans(
    triangles: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Return for each row of each triangle its number, the row, and the places of its left and right end (R,)."""
    corners = triangles.reshape(-1, 2).astype(np.float32)
    by_height = np.argsort(triangles[:, :, 1], axis=1) + np.arange(0, len(corners), 3)[:, None]
    x, y = (corners[:, axis].take(by_height.T) for axis in (0, 1))
    top = np.maximum(np.ceil(y[0] - HALF), 0).astype(np.intp)
    heights = np.minimum(np.floor(y[2] + HALF), size - 1).astype(np.intp) - top + 1
    np.maximum(heights, 0, out=heights)
    ends = np.cumsum(heights)
    triangle = np.repeat(np.arange(len(heights)), heights)
    row = np.arange(len(triangle)) + (top - ends + heights).take(triangle)
    slopes = [(x[end] - x[start]) / np.maximum(y[end] - y[start], 1e-6) for start, end in ((0, 2), (0, 1), (1, 2))]
    at = np.stack([x[0], y[0], x[1], y[1], y[2], *slopes]).take(triangle, axis=1)
    place = np.minimum(np.maximum(row.astype(np.float32), at[1]), at[4])
    along = at[0] + (place - at[1]) * at[5]
    bent = np.where(place < at[3], at[0] + (place - at[1]) * at[6], at[2] + (place - at[3]) * at[7])
    return triangle, row, np.minimum(along, bent), np.maximum(along, bent)
