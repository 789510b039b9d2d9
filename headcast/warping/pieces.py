"""A guide to what a hole may look like in, from where what is seen is copied into it, and how well that agrees, out.

The guide has lines and colours but no texture. Every way to shift the picture is compared with it around each pixel;
few of them are kept, each over as large a piece as agrees, so that no piece shows what the guide does not: a sign or a
face is not copied into a wall.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Mask
from headcast.warping.sampling import pixel_places, sample

FARTHEST, STEP = 0.45, 2  # of the longer side, and pixels: the shifts that are compared
AROUND = 7  # pixels around each that are compared
SEEN = 3.0  # times as much counts what is seen
OTHERWISE = 3 * 60.0**2  # squared levels: more do not disagree more
UNSEEN = 1e6  # a shift to what is not seen itself
FAR = 600.0  # squared levels a longer side: near pieces are rather copied than far ones
KEPT = 40  # shifts
TOGETHER, AGREEMENT, ROUNDS = 15, 3000.0, 6  # pixels over which, squared levels by which, neighbours draw to one shift
SEAM = 3  # pixels of the guide over which neighbouring pieces blend


class _Shifts:
    """Compares shifts (x, y) of a guide (h, w, 3) within the part of it around what is `wanted` (h, w)."""

    def __init__(self, guide: NDArray[np.float32], missing: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> None:
        left, top, width, height = cv2.boundingRect(wanted.astype(np.uint8))
        rows = slice(max(0, top - AROUND), top + height + AROUND)
        columns = slice(max(0, left - AROUND), left + width + AROUND)
        self.part, self._side = (rows, columns), max(missing.shape)
        self.reach = reach = int(FARTHEST * self._side)
        soft = cv2.GaussianBlur(guide, (0, 0), 0.7)
        unseen = cv2.dilate(missing.astype(np.uint8), np.ones((3, 3), np.uint8))
        self._here = soft[self.part]
        self._there = cv2.copyMakeBorder(soft, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
        self._unseen = cv2.copyMakeBorder(unseen, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=(1,))
        self._weight = np.where(missing[self.part], 1, SEEN).astype(np.float32)
        self._total = cv2.blur(self._weight, (AROUND, AROUND))

    def __call__(self, x: int, y: int) -> Mask:
        """Return how much (h, w) a shift disagrees with the guide."""
        rows, columns = self.part
        height, width = self._weight.shape
        top, left = rows.start + self.reach + y, columns.start + self.reach + x
        part = np.s_[top : top + height, left : left + width]
        difference = cv2.absdiff(self._here, self._there[part])
        squares = cv2.transform(cv2.multiply(difference, difference), np.ones((1, 3), np.float32))
        unseen = self._unseen[part] > 0
        each = np.where(unseen, np.float32(OTHERWISE), np.minimum(squares, np.float32(OTHERWISE)))
        mean = cv2.blur(each * self._weight, (AROUND, AROUND)) / self._total
        disagreement = mean + FAR * float(np.hypot(x, y)) / self._side
        return np.asarray(np.where(unseen, UNSEEN, disagreement), np.float32)


def plan_pieces(
    guide: NDArray[np.float32], missing: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], Mask]:
    """Return from how far away (h, w, 2) each wanted pixel of a guide (h, w, 3) is read, and how much it disagrees."""
    away, cost = np.zeros((*missing.shape, 2), np.float32), np.full(missing.shape, UNSEEN, np.float32)
    disagreement = _Shifts(guide, missing, wanted)
    each = range(-disagreement.reach, disagreement.reach + 1, STEP)
    shifts = [(x, y) for y in each for x in each if (x or y) and np.hypot(x, y) <= disagreement.reach]
    inside = wanted[disagreement.part]
    least = np.full(inside.shape, UNSEEN, np.float32)
    best = np.full(inside.shape, -1, np.intp)
    for number, shift in enumerate(shifts):
        found = disagreement(*shift)
        better = found < least
        np.copyto(least, found, where=better)
        best[better] = number
    counts = np.bincount(best[inside & (best >= 0)], minlength=1)
    kept = [number for number in np.argsort(-counts, kind="stable")[:KEPT].tolist() if counts[number]]
    if not kept:
        return away, cost
    costs = np.stack([disagreement(*shifts[number]) for number in kept])
    chosen = costs.argmin(0)
    for _ in range(ROUNDS):
        near = [cv2.blur((chosen == label).astype(np.float32), (TOGETHER, TOGETHER)) for label in range(len(kept))]
        chosen = (costs - AGREEMENT * np.stack(near)).argmin(0)
    away[disagreement.part] = np.array([shifts[number] for number in kept], np.float32)[chosen]
    cost[disagreement.part] = np.take_along_axis(costs, chosen[None], 0)[0]
    return away * wanted[:, :, None], cost


def lay_pieces(picture: NDArray[np.float32], away: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture (H, W, 3) whose pixels are read from so far `away` (h, w, 2), with soft seams between pieces."""
    height, width = picture.shape[:2]
    steps = np.array([width, height]) / away.shape[1::-1]
    shifts, piece = np.unique(away.reshape(-1, 2), axis=0, return_inverse=True)
    piece = piece.reshape(away.shape[:2])
    laid, total = np.zeros_like(picture), np.full((height, width, 1), 1e-6, np.float32)
    for number, shift in enumerate(shifts):
        part = cv2.blur((piece == number).astype(np.float32), (SEAM, SEAM))
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        top, bottom = int(rows[0] * steps[1]), min(height, int((rows[-1] + 1) * steps[1]) + 1)
        left, right = int(columns[0] * steps[0]), min(width, int((columns[-1] + 1) * steps[0]) + 1)
        whole = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
        share = whole[top:bottom, left:right, None]
        start = np.array([left, top]) + np.round(shift * steps)
        shifted = sample(picture, pixel_places(share.shape) + start.astype(np.float32), cv2.BORDER_REPLICATE)
        laid[top:bottom, left:right] += share * shifted
        total[top:bottom, left:right] += share
    return np.asarray(laid / total, np.float32)
