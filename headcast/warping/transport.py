"""A small picture and what is missing of it in, the picture with its lines and colours continued into that out.

Coherence transport (Bornemann and Maerz, "Fast image inpainting based on coherence transport", JMIV 2007): from the
border inwards each pixel becomes a mean of those known near by, along the line that enters there, if one does. Here
the lines' directions are those of what was seen, all the way in, so that what enters straight goes on straight.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.warping.smooth import fill_from_around

RADIUS = 5  # pixels around each that it is a mean of
NOISE, NEAR = 1.0, 4.0  # pixels over which gradients are taken and over which a line's direction is told
LONG, LONG_LINE = 10.0, (0.1, 0.28)  # the same for whether it is long, and shares from which on it is
SURE = 0.1  # share of pixels near by whose direction is known, from which on it is that of the line
DISTANT = 2  # pixels from what is missing, from which on a direction is not one of the border itself
STRICT = 25.0  # how much less what lies across a line counts
EDGE = 4.0  # squared levels a pixel, from which on there is a line
LINE = (0.25, 0.6)  # strictness, from which on a little of a line is kept, and all
FORGOTTEN = 0.3  # share of what is no line that is lost in each pixel inwards


def continue_lines(
    picture: NDArray[np.float32], dull: NDArray[np.float32], missing: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """Return the picture (H, W, 3) with what is missing (H, W) continued up to `reach` pixels inwards.

    What is no line soon gives way to `dull` colours (H, W, 3).
    """
    width = missing.shape[1]
    places = [(y, x) for y in range(-RADIUS, RADIUS + 1) for x in range(-RADIUS, RADIUS + 1)]
    y, x = np.array([place for place in places if 0 < np.hypot(*place) <= RADIUS], np.float32).T
    steps = (y * (width + 2 * RADIUS) + x).astype(np.intp)
    nearness = 1 / np.hypot(x, y)
    known = cv2.merge([picture, np.ones(missing.shape, np.float32)]) * ~missing[:, :, None]
    known = cv2.copyMakeBorder(known, RADIUS, RADIUS, RADIUS, RADIUS, cv2.BORDER_CONSTANT)
    flat = known.reshape(-1, 4)
    lines = _lines(picture, ~missing).reshape(-1, 3)
    plain = dull.reshape(-1, 3)
    depth = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 5)
    layer = np.ceil(np.where(depth <= reach, depth, 0)).ravel().astype(np.intp)
    order = np.argsort(layer, kind="stable")
    for here in np.split(order, np.cumsum(np.bincount(layer)))[1:-1]:
        if not len(here):
            continue
        row, column = np.divmod(here, width)
        at = (row + RADIUS) * (width + 2 * RADIUS) + column + RADIUS
        across_x, across_y, strictness = lines[here].T[:, :, None]
        share = nearness * np.exp(-np.square(strictness * (across_x * x + across_y * y) / RADIUS) / 2)
        total = np.einsum("nk,nkc->nc", share, flat.take(at[:, None] + steps, axis=0), optimize=True)
        seen = total[:, 3] > 1e-12
        mean = total[seen] / total[seen, 3:]
        no_line = FORGOTTEN * (1 - smoothstep((strictness[seen] - 1) / STRICT, *LINE))
        mean[:, :3] += no_line * (plain[here[seen]] - mean[:, :3])
        flat[at[seen]] = mean
    continued = known[RADIUS:-RADIUS, RADIUS:-RADIUS]
    return np.where(continued[:, :, 3:] > 0, continued[:, :, :3], picture).astype(np.float32)


def _lines(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return for each pixel (H, W, 3) x and y of the direction across the line there, and how strict it is, from 1."""
    weight = known.astype(np.float32)
    near = cv2.GaussianBlur(weight, (0, 0), NOISE)[:, :, None]
    quiet = cv2.GaussianBlur(picture * weight[:, :, None], (0, 0), NOISE) / np.maximum(near, 1e-3)
    x, y = (cv2.Sobel(quiet, cv2.CV_32F, *axis, ksize=3) / 8 for axis in ((1, 0), (0, 1)))
    near_by = np.ones((2 * DISTANT + 1, 2 * DISTANT + 1), np.uint8)
    told = np.asarray(cv2.erode(weight, near_by, borderType=cv2.BORDER_REFLECT), np.float32)
    squares = np.stack([(x * x).sum(2), (x * y).sum(2), (y * y).sum(2)], -1)
    tensor = np.asarray(squares * told[:, :, None], np.float32)
    xx, xy, yy = _around(tensor, told, NEAR)
    apart, one_way = _one_way(xx, xy, yy)
    long = smoothstep(_one_way(*_around(tensor, told, LONG))[1], *LONG_LINE)
    strictness = 1 + STRICT * np.exp(-EDGE / np.maximum(apart, 1e-6)) * np.square(one_way) * long
    angle = np.arctan2(2 * xy, xx - yy) / 2
    return np.asarray(np.stack([np.cos(angle), np.sin(angle), strictness], -1), np.float32)


def _around(tensor: NDArray[np.float32], told: NDArray[np.float32], size: float) -> NDArray[np.float32]:
    """Return the mean of a tensor (3, H, W), given as (H, W, 3), within about `size` pixels of where it is told."""
    near = cv2.GaussianBlur(told, (0, 0), size)
    mean = cv2.GaussianBlur(tensor, (0, 0), size) / np.maximum(near, 1e-4)[:, :, None]
    sure = np.square(np.clip(near / SURE, 0, 1))
    return np.asarray(np.moveaxis(fill_from_around(np.asarray(mean, np.float32), sure), 2, 0), np.float32)


def _one_way(
    xx: NDArray[np.float32], xy: NDArray[np.float32], yy: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much more a picture changes across a line than along it (H, W), and that share in 0..1."""
    apart = np.sqrt(np.square(xx - yy) + 4 * np.square(xy))
    return np.asarray(apart, np.float32), np.asarray(np.clip(apart / np.maximum(xx + yy, 1e-6), 0, 1), np.float32)
