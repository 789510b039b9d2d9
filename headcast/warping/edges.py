"""A photo and a square of it in, what may move beside the square's sides, and where the photo ends, out.

Where the photo goes on beyond the square, nothing may move at its side. Where it ends, there is nothing to move in:
what lies near its end is stretched a little instead of being drawn out in streaks, if it is a person who goes on there.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.types import Box, Mask

PINNED_BAND = 0.12  # share of the side over which motion fades towards a pinned side
EVEN_OVER = 16  # columns or rows to either side over which what is missing is evened
STRETCHED = 2.0  # times what is missing: so much of the photo is stretched to make up for it
CUT, AT_END = 0.1, 1  # share of the person in a pixel so near to the photo's end that says that it goes on beyond
CLEAR_OF_FEATURES = 0.9  # of the way from the photo's end to brows, eyes and lips, beyond which nothing is stretched


@dataclass(frozen=True)
class PhotoEdges:
    """The sides of a square shot: left, top, right, bottom.

    `pinned` says where the photo goes on; `ends` are where it ends, in pixels of the shot, infinitely far where it does
    not. `cut` tells for each of them in which rows or columns (N,) it cuts the person off; None is in all.
    """

    pinned: tuple[bool, bool, bool, bool] = (False,) * 4
    ends: tuple[float, float, float, float] = (-np.inf, -np.inf, np.inf, np.inf)
    cut: tuple[NDArray[np.bool_], ...] | None = None

    def around(self, matte: Mask) -> "PhotoEdges":
        """Return the edges of a photo that shows a person where a matte (H, W) says."""
        cut = []
        for number, end in enumerate(self.ends):
            lines = matte.T if number % 2 == 0 else matte
            at = round(float(np.clip(end, AT_END, len(lines) - 1 - AT_END)))
            cut.append(lines[at - AT_END : at + AT_END + 1].max(0) > CUT)
        return replace(self, cut=tuple(cut))

    @property
    def cut_off(self) -> bool:
        """Tell whether the photo's end cuts a person off; ValueError where nobody was looked for."""
        if self.cut is None:
            raise ValueError("it is not known where the person stands")
        return any(lines.any() for lines, end in zip(self.cut, self.ends, strict=True) if np.isfinite(end))

    def farther_away(self, by: float) -> "PhotoEdges":
        """Return the edges of a photo that goes on for so many pixels of the shot more, wherever it ends."""
        left, top, right, bottom = self.ends
        return replace(self, ends=(left - by, top - by, right + by, bottom + by))

    def free(self, points: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        """Return 1 (N,) where points (N, 2) may move, falling to 0 towards and beyond each side that pins a person.

        A side beside which nobody goes on pins nothing: background is never carried.
        """
        free = np.ones(len(points))
        for number in np.flatnonzero(self.pinned).tolist():
            free *= 1 - self._goes_on(number, points, size) * (1 - _far_from(number, points, size))
        return free

    def room(self, points: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        """Return how much (2, N, 2) points (N, 2) may move to the left and up, and to the right and down.

        1 far from pinned sides, falling to 0 towards and beyond them: who is carried over one would be cut.
        """
        room = [
            _far_from(number, points, size) if side else np.ones(len(points)) for number, side in enumerate(self.pinned)
        ]
        return np.asarray(np.reshape(room, (2, 2, -1)).transpose(0, 2, 1), np.float64)

    def _goes_on(self, number: int, points: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        """Return 1 (N,) where a person goes on beyond a side near points (N, 2), falling to 0 along it."""
        if self.cut is None:
            return np.ones(len(points))
        reach = round(PINNED_BAND * size)
        near = cv2.dilate(self.cut[number].astype(np.uint8)[None], np.ones((1, 2 * reach + 1), np.uint8))
        evened = cv2.blur(near.astype(np.float32), (2 * reach + 1, 1))[0]
        return np.asarray(np.interp(points[:, 1 - number % 2], np.arange(len(evened)), evened), np.float64)

    def inside(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Tell which pixels (H, W) of the shot the photo has."""
        left, top, right, bottom = self.ends
        rows, columns = np.arange(shape[0]), np.arange(shape[1])
        return np.logical_and.outer((rows >= top) & (rows <= bottom), (columns >= left) & (columns <= right))

    def keep_inside(
        self, positions: NDArray[np.float32], carried: NDArray[np.bool_], features: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Move places (H, W, 2) in the shot inside of the photo, for pixels that are `carried` (H, W).

        Those near a side are moved with them, evenly, up to brows, eyes and lips at points (N, 2).
        """
        kept, shown = positions, carried & self.inside(carried.shape)
        for axis in (0, 1):
            for number, sign in ((axis, 1.0), (2 + axis, -1.0)):
                end = self.ends[number]
                if not np.isfinite(end):
                    continue
                depth = sign * (kept[:, :, axis] - np.float32(end))
                beyond = shown & (depth < 0)
                if self.cut is not None:
                    line = np.rint(kept[:, :, 1 - axis][beyond]).astype(np.intp)
                    beyond[beyond] = self.cut[number].take(line, mode="clip")
                missing = _smoothly_least(-depth.min(1 - axis, where=beyond, initial=0.0), 1 - axis)
                if not missing.any():
                    continue
                most = max(0.0, CLEAR_OF_FEATURES * float((sign * (features[:, axis] - end)).min()))
                band = np.minimum(STRETCHED * missing, np.float32(most))
                moved = (depth + missing) * (band / np.maximum(band + missing, np.float32(1e-6)))
                kept = kept.copy() if kept is positions else kept
                moved = np.float32(end) + np.float32(sign) * moved
                kept[:, :, axis] = np.where(carried & (depth < band) & (missing > 0), moved, kept[:, :, axis])
        return kept


def _far_from(number: int, points: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return 1 (N,) for points (N, 2) that lie far from a side, falling to 0 towards and beyond it."""
    place = points[:, number % 2]
    return np.asarray(smoothstep(place if number < 2 else size - 1 - place, 0, PINNED_BAND * size), np.float64)


def _smoothly_least(missing: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return for each column or row (1, W) or (H, 1) no less than is missing there (N,), without steps."""
    most = cv2.dilate(missing.reshape(1, -1), np.ones((1, 2 * EVEN_OVER + 1), np.uint8))
    line = np.asarray(cv2.blur(most, (2 * EVEN_OVER + 1, 1)), np.float32)
    return line if axis == 0 else line.T


FREE: Final = PhotoEdges()
"""Everything may move, and nothing is known of where the photo ends."""


def photo_edges(box: Box, image_size: tuple[int, int], size: int) -> PhotoEdges:
    """Return the edges of a shot of `size` pixels that shows a `box` of a photo of (width, height)."""
    width, height = image_size
    scale = size / box.width
    beyond = (box.left, box.top, width - box.left - box.width, height - box.top - box.height)
    pinned = (beyond[0] > 0, beyond[1] > 0, beyond[2] > 0, beyond[3] > 0)
    ends = (-beyond[0] * scale, -beyond[1] * scale, size - 1 + beyond[2] * scale, size - 1 + beyond[3] * scale)
    goes_on = (-np.inf, -np.inf, np.inf, np.inf)
    left, top, right, bottom = (far if side else end for side, end, far in zip(pinned, ends, goes_on, strict=True))
    return PhotoEdges(pinned, (left, top, right, bottom))
