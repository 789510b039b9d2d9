"""An output, the true frame and the shot in, the share of the output that is drawn out in straight lines out.

Beyond the photo's border there is nothing to carry, and a border that is repeated makes streaks: rows or columns hardly
change along a run, but strongly across it. Straight things that the true frame or the shot has there are none.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image

RUN: Final = 0.06  # of the picture's side: the shortest run
CONTRAST: Final = 3.0  # levels of 255: the least change across
ANISOTROPY: Final = 6.0  # the least change across, in changes along
LENIENCY: Final = 0.7  # true frame and shot are read with limits so much lower, and a little farther
REACH: Final = 0.02  # of the side
THICKNESS: Final = 0.01  # of the side: a single line is an edge, not a streak

Marked = NDArray[np.uint8]


def streak_share(output: Image, target: Image, shot: Image | None = None) -> float:
    """Return the share of the pictures' area, 0..1, that is streaks in the output and neither in target nor shot."""
    return float(streak_mask(output, target, shot).mean())


def streak_mask(output: Image, target: Image, shot: Image | None = None) -> NDArray[np.bool_]:
    """Return where the output (H, W) shows streaks that neither the true frame nor the shot does."""
    side = output.shape[0]
    found = _runs(output, 1.0)
    around = np.ones((2 * round(REACH * side / 2) + 1,) * 2, np.uint8)
    for straight in (target, shot):
        if straight is not None:
            found[cv2.dilate(_runs(straight, LENIENCY), around) > 0] = 0
    thick = np.ones((max(3, round(THICKNESS * side)),) * 2, np.uint8)
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, thick), np.bool_)


def _runs(image: Image, leniency: float) -> Marked:
    """Mark runs of repeated rows and of repeated columns."""
    upright = _upright_runs(image, leniency)
    lying = _upright_runs(np.ascontiguousarray(image.transpose(1, 0, 2)), leniency)
    return np.asarray(upright | lying.T, np.uint8)


def _upright_runs(image: Image, leniency: float) -> Marked:
    """Mark pixels (H, W) in runs of rows that hardly change downwards, but from column to column."""
    pixels = image.astype(np.float32)
    length = max(5, int(RUN * image.shape[0])) | 1
    down = np.pad(np.abs(np.diff(pixels, axis=0)).max(-1), ((0, 1), (0, 0)), mode="edge")
    across = np.pad(np.abs(pixels[:, 2:] - pixels[:, :-2]).max(-1), ((0, 0), (1, 1)), mode="edge")
    along, over = (cv2.boxFilter(change, -1, (3, length), borderType=cv2.BORDER_REPLICATE) for change in (down, across))
    middles = (over >= leniency * CONTRAST) & (over >= leniency * ANISOTROPY * along)
    return np.asarray(cv2.dilate(middles.astype(np.uint8), np.ones((length, 1), np.uint8)), np.uint8)
