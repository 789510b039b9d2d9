"""A picture and what is known of it in, if it runs one way what is not known gone on with that way out.

Folds, planks, blinds and bands of light change across one direction and hardly along it. A network ends them in a cloud
or a blur. What can be told of the seen rim of the hidden by going on that way from beyond is told of the hidden, too.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.behind import mean_where
from headcast.pixels.smooth import fill_from_around
from headcast.types import Mask

Picture = NDArray[np.float32]

GRAIN: Final = 2.5  # pixels of a blur, under which grain has no direction
PLAIN: Final = 6.0  # levels a pixel: steeper edges count no more than that
BESIDE: Final = 80.0  # pixels from what is not known, over which a pixel's direction counts less
RIM: Final = 12  # pixels of what is known beside the hidden, which tell whether going on is right
LAST: Final = 24.0  # pixels over which the colours where something ends are a mean
TRACES: Final = 3  # pixels beside the hidden that may show traces of it
SLOW: Final = 24  # pixels: over more than that light may change along the direction
FINE: Final = 2  # pixels around each of which the mean tells how wrong what was told of the rim is
WRONG, MOST = 10.0, 90  # levels by which it may be wrong, in so many of 100 pixels of the rim


def go_on_one_way(picture: Picture, known: NDArray[np.bool_], least: float) -> Picture | None:
    """Return a picture (S, S, 3) with what is not `known` (S, S) gone on with, or None if it does not run one way.

    It does if it changes more across a direction than along it by `least` of both, in 0..1.
    """
    across = _across(picture, known, least)
    if across is None:
        return None
    if abs(across[1]) > abs(across[0]):
        turned = _gone_on(np.ascontiguousarray(picture.transpose(1, 0, 2)), known.T, float(across[0] / across[1]))
        return None if turned is None else np.ascontiguousarray(turned.transpose(1, 0, 2))
    return _gone_on(picture, known, float(across[1] / across[0]))


def _across(picture: Picture, known: NDArray[np.bool_], least: float) -> NDArray[np.float64] | None:
    """Return the unit vector (2,), x and y, across the way that a picture (S, S, 3) runs, if it runs one way."""
    clear = cv2.erode(known.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8))
    if not clear.any():
        return None
    grey = cv2.cvtColor(np.asarray(cv2.GaussianBlur(picture, (0, 0), GRAIN), np.float32), cv2.COLOR_RGB2GRAY)
    steps = np.stack([cv2.Sobel(grey, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))], axis=2)
    steps *= np.minimum(1, PLAIN / np.maximum(np.linalg.norm(steps, axis=2), 1e-6))[:, :, None]
    weight = clear * np.exp(-cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 5) / BESIDE)
    changes = np.einsum("ij,ijk,ijl->kl", weight.astype(np.float64), steps, steps)
    (along, most), ways = np.linalg.eigh(changes)
    return ways[:, 1] if most - along > least * (most + along) else None


def _gone_on(picture: Picture, known: NDArray[np.bool_], slope: float) -> Picture | None:
    """Go on with a picture (S, S, 3) downwards and upwards, by `slope` pixels to the left for each one down."""
    clear = cv2.erode(known.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    rim = np.asarray(known & ~clear)
    told = _along(picture, clear, slope)
    rest = picture - told
    wrong = np.abs(mean_where(rest - mean_where(rest, rim, SLOW), rim, FINE)).mean(2)
    if np.percentile(wrong[rim], MOST) > WRONG:
        return None
    beside = cv2.erode(known.astype(np.uint8), np.ones((2 * TRACES + 1,) * 2, np.uint8)) > 0
    light = fill_from_around(rest, (rim & beside & (wrong < WRONG)).astype(np.float32))
    return np.where(known[:, :, None], picture, told + light)


def _along(picture: Picture, known: NDArray[np.bool_], slope: float) -> Picture:
    """Return what is told (S, S, 3) by what is `known` (S, S) above and below along a `slope`."""
    side = len(picture)
    beside = int(abs(slope) * side / 2) + 2
    upright = np.array([[1, -slope, slope * side / 2 - beside], [0, 1, 0]])
    size = side + 2 * beside, side
    reading = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(known.astype(np.float32), upright, size, flags=reading) > 0.99
    colours = np.asarray(cv2.warpAffine(picture, upright, size, flags=reading), np.float32)
    above, away_above = _ends(colours, seen)
    below, away_below = (each[::-1] for each in _ends(colours[::-1], seen[::-1]))
    nearness = np.stack([1 / away_above, 1 / away_below])
    told = np.einsum("khw,khwc->hwc", nearness / nearness.sum(0), np.stack([above, below]))
    told = _between(told, np.flatnonzero(seen.any(0)))
    return np.asarray(cv2.warpAffine(told, upright, (side, side), flags=cv2.INTER_LINEAR), np.float32)


def _between(lines: Picture, told: NDArray[np.intp]) -> Picture:
    """Return upright lines (H, W, 3): those that are `told` (N,) stay, others lie evenly between the next of these."""
    places = np.interp(np.arange(lines.shape[1]), told, np.arange(len(told)))
    before, after = (lines[:, told[each.astype(np.intp)]] for each in (np.floor(places), np.ceil(places)))
    share = (places % 1)[None, :, None].astype(np.float32)
    return np.asarray(before * (1 - share) + after * share, np.float32)


def _ends(colours: Picture, seen: NDArray[np.bool_]) -> tuple[Picture, Mask]:
    """Return the mean colour (H, W, 3) of what was last `seen` (H, W) above each pixel, and how far (H, W) it is."""
    total, weight = np.zeros_like(colours[0]), np.zeros(colours.shape[1], np.float32)
    away = np.full(colours.shape[1], 1e6, np.float32)
    means, distances = np.empty_like(colours), np.empty(seen.shape, np.float32)
    for row, here in enumerate(seen):
        kept = np.where(here, np.float32(np.exp(-1 / LAST)), np.float32(1))
        total = total * kept[:, None] + colours[row] * here[:, None]
        weight = weight * kept + here
        away = np.where(here, 1, away + 1)
        means[row], distances[row] = total / np.maximum(weight, 1e-6)[:, None], away
    return means, distances
