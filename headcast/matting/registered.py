"""Two pictures of one background and where each shows it in, where the second one shows what the first does out.

An affine map is found from coarse to fine: first all shifts are tried, then Gauss-Newton steps are taken, which heed
only what both show. Optical flow, evened over wide areas, corrects it for what is nearer or farther away.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.sampling import pixel_places, sample
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Mask

Affine = NDArray[np.float64]
"""(3, 3), of places in the first picture to those in the second."""

SIDES = (64, 128)  # pixels of the reduced pictures
FARTHEST = 0.25  # of the side: largest shift
SCALES = (1.0, 0.87, 1.15)  # of the background that are tried
MOSTLY = np.float32(0.5)  # share of a larger pixel that must be known
COMMON = 0.2  # of what the one shows less of that both must show
SLOW = 0.1  # of the side: changes over more than that are light
STEPS, LAST = 8, 0.01  # most steps at each size; pixels: a smaller one is the last
NOISE = 2.0  # levels
STIFF = 0.02 * np.diag([1, 30, 30, 1, 30, 30])  # square levels a pixel: what pictures do not tell holds still
TOGETHER = 16  # pixels that differ alike: no more can be learnt of them than of one
EXPLAINED = 0.5  # of the pictures' detail, that may be left over
STANDS = 0.3 / 256  # of the side: a camera that moved everything by less stood still
EVENED, BESIDE = 8 / 256, 5  # of the side, over which flow is evened; pixels around what is hidden that are not asked
FAINT = 1e-3  # weight of flow where nothing is to be seen
WHOLE = 0.99  # share from which on a pixel that is read between others is shown


@dataclass(frozen=True)
class Places:
    """Where the second picture shows each pixel of the first: `at` (H, W, 2), and how far (H, W) that may be off."""

    at: NDArray[np.float32]
    doubt: NDArray[np.float32]


@dataclass(frozen=True)
class _View:
    """The detail (S, S) of a picture, in levels, 0 where it is not `known` (S, S; 0 or 1)."""

    detail: NDArray[np.float32]
    known: Mask

    def reduced(self, side: int) -> "_View":
        """Return a view of `side` pixels a side: of what is known of each, if that is half of it."""
        detail, share = (
            np.asarray(cv2.resize(each, (side, side), interpolation=cv2.INTER_AREA))
            for each in (self.detail, self.known)
        )
        known = share >= MOSTLY
        return _View(
            np.where(known, detail / np.maximum(share, MOSTLY), 0).astype(np.float32), known.astype(np.float32)
        )

    def read(self, affine: Affine) -> "_View":
        return _View(*(_read(each, affine) for each in (self.detail, self.known)))


@dataclass(frozen=True)
class _Fit:
    """A map, the share of the detail that it leaves over, and the covariance (6, 6) of its parts: (1, x, y) each."""

    affine: Affine
    left: float
    covariance: NDArray[np.float64]


def register(first: Image, seen: Mask, second: Image, free: Mask) -> Places | None:
    """Find where `second` shows what `first` (H, W, 3) does; None if the two show nothing alike.

    `seen` and `free` (H, W; 0 or 1) are where they show the background.
    """
    a, b = _view(first, seen), _view(second, free)
    coarse = a.reduced(SIDES[0]), b.reduced(SIDES[0])
    fits = [_fit(*coarse, start) for start in _shifts(*coarse)]
    fit = min(fits, key=lambda each: each.left)
    for side in SIDES[1:]:
        if fit.left < EXPLAINED:
            fit = _fit(a.reduced(side), b.reduced(side), _finer(fit.affine, 2))
    if fit.left > EXPLAINED:
        return None
    size = len(seen)
    doubt, still = _doubt(fit.covariance, size), pixel_places(seen.shape)
    places = np.asarray(cv2.transform(still, _finer(fit.affine, size / SIDES[-1])[:2]), np.float32)
    if np.abs(places - still).max() < STANDS * size:
        return Places(still, doubt)
    return Places(places + _flow(first, seen, second, free, places), doubt)


def _view(picture: Image, known: Mask) -> _View:
    """Return a picture's (H, W, 3) brightness less its slow changes."""
    levels = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    reach = 2 * round(SLOW * len(levels)) + 1
    slow = cv2.blur(levels * known, (reach, reach)) / np.maximum(cv2.blur(known, (reach, reach)), np.float32(1e-3))
    return _View(np.asarray((levels - slow) * known, np.float32), known)


def _read(picture: NDArray[np.float32], affine: Affine) -> NDArray[np.float32]:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, affine[:2], picture.shape[::-1], flags=flags), np.float32)


def _finer(affine: Affine, times: float) -> Affine:
    """Return a map for pictures with so many times as many pixels a side."""
    enlarge = np.array([[times, 0, (times - 1) / 2], [0, times, (times - 1) / 2], [0, 0, 1]])
    return np.asarray(enlarge @ affine @ np.linalg.inv(enlarge))


def _shifts(first: _View, second: _View) -> list[Affine]:
    """Return for each of the SCALES the shift at which two views are most alike."""
    side = len(first.known)
    reach, middle = round(FARTHEST * side), (side - 1) / 2
    found = []
    for scale in SCALES:
        larger = np.array([[scale, 0, (1 - scale) * middle], [0, scale, (1 - scale) * middle], [0, 0, 1]])
        other = second.read(larger)
        common = _products(first.known, other.known, reach)
        squares = _products(first.detail**2, other.known, reach) + _products(first.known, other.detail**2, reach)
        apart = 1 - 2 * _products(first.detail, other.detail, reach) / np.maximum(squares, 1e-3)
        apart[common < COMMON * min(first.known.sum(), other.known.sum())] = np.inf
        down, across = np.unravel_index(apart.argmin(), apart.shape)
        found.append(larger @ np.array([[1, 0, across - reach], [0, 1, down - reach], [0, 0, 1]]))
    return found


def _products(a: NDArray[np.float32], b: NDArray[np.float32], reach: int) -> NDArray[np.float64]:
    """Return the sums (2 reach + 1, 2 reach + 1) of a times b, each (S, S), for all shifts of b; none in the middle."""
    twice = (2 * len(a), 2 * len(a))  # so that nothing meets the other's end
    sums = np.fft.irfft2(np.conj(np.fft.rfft2(a, twice)) * np.fft.rfft2(b, twice))
    return np.asarray(np.roll(sums, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1])


def _fit(first: _View, second: _View, affine: Affine) -> _Fit:
    """Return the map, near `affine`, at which two views are most alike; what is alike nowhere counts little."""
    middle = (len(first.known) - 1) / 2
    y, x = (np.indices(first.known.shape, np.float32) - np.float32(middle)) / np.float32(middle)
    least = COMMON * min(first.known.sum(), second.known.sum())
    for _ in range(STEPS):
        other = second.read(affine)
        both = np.asarray(cv2.erode(other.known, np.ones((3, 3), np.uint8)) * first.known > WHOLE)
        if both.sum() < max(least, len(STIFF)):
            return _Fit(affine, np.inf, STIFF)
        apart = (first.detail - other.detail)[both]
        usual = max(NOISE, 1.48 * float(np.median(np.abs(apart))))
        weight = 1 / (1 + np.square(apart / (2 * usual)))
        across, down = (cv2.Sobel(other.detail, cv2.CV_32F, *way, scale=1 / 8)[both] for way in ((1, 0), (0, 1)))
        by = np.stack([across, across * x[both], across * y[both], down, down * x[both], down * y[both]], 1)
        told = (by * weight[:, None]).T @ by
        step = np.linalg.solve(told + len(apart) * STIFF, by.T @ (weight * apart))
        linear = np.array([step[1:3], step[4:6]]) / middle
        shift = step[[0, 3]] - linear.sum(1) * middle
        affine = affine @ np.vstack([np.column_stack([np.eye(2) + linear, shift]), [0, 0, 1]])
        if np.abs(step).max() < LAST:
            break
    unlike = float((weight * apart**2).sum())
    detail = float((weight * (first.detail**2 + other.detail**2)[both]).sum()) / 2
    covariance = TOGETHER * unlike / float(weight.sum()) * np.linalg.inv(told + np.diag(np.full(6, 1e-3)))
    return _Fit(affine, unlike / max(detail, NOISE * len(apart)), covariance)


def _doubt(covariance: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    """Return by how many of `size` pixels a side a map of the finest of the SIDES may be off (size, size)."""
    y, x = np.meshgrid(*(2 * [np.linspace(-1, 1, SIDES[0])]), indexing="ij")
    at = np.stack([np.ones_like(x), x, y], -1)
    square = np.sum([(at @ covariance[part, part] * at).sum(-1) for part in (slice(0, 3), slice(3, 6))], axis=0)
    return np.asarray(cv2.resize(np.sqrt(square) * size / SIDES[-1], (size, size)), np.float32)


def _flow(first: Image, seen: Mask, second: Image, free: Mask, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much (H, W, 2) the places (H, W, 2) are off, evenly over wide areas."""
    both = (sample(free, places) > WHOLE) & (seen > 0)
    there = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)
    moved = np.where(both, cv2.cvtColor(sample(second, places), cv2.COLOR_RGB2GRAY), there)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(there, moved, np.zeros_like(places))
    edges = sum(np.square(cv2.Sobel(there, cv2.CV_32F, *way, scale=1 / 8)) for way in ((1, 0), (0, 1)))
    inside = cv2.erode(both.astype(np.uint8), np.ones((BESIDE, BESIDE), np.uint8))
    weight = np.asarray(inside * edges + FAINT * both, np.float32)
    reach = EVENED * len(weight)
    total = np.asarray(cv2.GaussianBlur(weight, (0, 0), reach), np.float32)
    even = cv2.GaussianBlur(flow * weight[:, :, None], (0, 0), reach) / np.maximum(total, 1e-6)[:, :, None]
    return fill_from_around(np.asarray(even, np.float32), (total > 10 * FAINT).astype(np.float32))
