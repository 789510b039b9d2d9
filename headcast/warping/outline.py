"""A matte of a person whom the photo's end cuts off in, a larger one in which the outline goes on beyond it out.

Each stretch of the photo's end that cuts the person is looked at by itself. One that is seen whole closes as a head
does, by a circle through the outline; one that runs on to an upper corner as far off as hair reaches on the other side
of the face. Shoulders, and all below, go on straight.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.topology import NUM_FACE
from headcast.types import Landmarks, Mask

Line = NDArray[np.float64]

PERSON = 0.5  # share of the person in a pixel within the outline
SKIPPED = 2  # pixels at the photo's end that say nothing: there a matte is unsure
FOLLOWED = 0.12  # of the side: so far from the photo's end an outline tells how it goes on, its outer half most
LEAST = 0.02  # of the side: a shorter stretch is not the person
JUMP = 9  # pixels between an outline's places in two rows
STEEPEST = 3.0  # pixels to the side a pixel, as which what goes on straight below does at most
BENDING = 0.6  # of the side: the radius of the circle on which long hair bends down
LEANING = 1.0  # pixels to the side a pixel, as which a head goes on at most
HAIR = (0.35, 1.2)  # of what is missing: as far as hair reaches into it, at least and at most
SOFT = 1.0  # pixels of the blur of an outline


def outline_beyond(matte: Mask, landmarks: Landmarks, by: int) -> Mask:
    """Return a matte (H + 2 by, W + 2 by) in which the person of a `matte` (H, W) goes on.

    `landmarks` of the face are in pixels of the smaller one.
    """
    left_hair, right_hair = (float(np.clip(far, HAIR[0] * by, HAIR[1] * by)) for far in _hair_beyond(matte, landmarks))
    long_hair = _Corner(below=True, chin=len(matte) - 1 - float(landmarks[:NUM_FACE, 1].max()))
    above = _beyond(matte, by, (_Corner(), _Corner()))
    right = _beyond(np.rot90(matte), by, (_Corner(hair=right_hair), long_hair))
    below = _beyond(np.rot90(matte, 2), by, (_Corner(below=True), _Corner(below=True)))
    left = _beyond(np.rot90(matte, 3), by, (long_hair, _Corner(hair=left_hair)))
    larger = np.asarray(cv2.copyMakeBorder(matte, *(by,) * 4, cv2.BORDER_CONSTANT), np.float32)
    larger[:, -by:], larger[:, :by] = np.rot90(right.matte, 3), np.rot90(left.matte)
    larger[:by, by:-by] = above.matte[:, by:-by]
    at_bottom = np.s_[by if below.tips[1] else 0 : -by if below.tips[0] else None]
    np.maximum(larger[-by:, at_bottom], np.rot90(below.matte, 2)[:, at_bottom], out=larger[-by:, at_bottom])
    larger[:by, :by] = _round_corner(by, above.tips[0], left.tips[1])[::-1, ::-1]
    larger[:by, -by:] = _round_corner(by, above.tips[1], right.tips[0])[::-1]
    soft = np.asarray(cv2.GaussianBlur(larger, (0, 0), SOFT), np.float32)
    soft[by:-by, by:-by] = matte
    return soft


@dataclass(frozen=True)
class _Corner:
    """A corner of the photo to which a stretch of the person may run.

    One `below` is of shoulders, which go on straight, or of hair where the outline is farther off than the `chin`.
    One above is of a head, round, or by so far as `hair` if that is known.
    """

    below: bool = False
    chin: float = np.inf
    hair: float | None = None


@dataclass(frozen=True)
class _Beyond:
    """Where a person goes on above a matte (by, by + W + by), and how far at the left and right corner.

    0 where the person does not reach a corner.
    """

    matte: Mask
    tips: tuple[float, float]


def _beyond(matte: Mask, by: int, corners: tuple[_Corner, _Corner]) -> _Beyond:
    """Return where a person goes on above a matte (H, W), up to `by` pixels, and so many beyond both corners."""
    width = matte.shape[1]
    x, depth = np.arange(-by, width + by), np.arange(1.0, by + 1) + SKIPPED
    goes_on, tips = np.zeros((by, len(x)), np.float32), [0.0, 0.0]
    known = matte[SKIPPED : SKIPPED + max(round(FOLLOWED * len(matte)), 2)] > PERSON
    for start, stop in _stretches(known[0]):
        begins, ends = start > 0, stop < width
        if begins and ends and stop - start < LEAST * width:
            continue
        low, high = np.full(by, -np.inf), np.full(by, np.inf)
        first, last = _follow(known, start, rising=True), _follow(known, stop, rising=False)
        if begins and ends:
            low, high = _between(first, last, depth, corners)
        elif begins:
            far, tips[1] = _towards(width - first, depth, corners[1], width)
            low = width - far
        elif ends:
            high, tips[0] = _towards(last, depth, corners[0], width)
        else:
            tips = [np.inf, np.inf]
        covered = np.clip(x - low[:, None] + 0.5, 0, 1) * np.clip(high[:, None] - x - 0.5, 0, 1)
        np.maximum(goes_on, covered.astype(np.float32), out=goes_on)
    return _Beyond(goes_on[::-1], (tips[0], tips[1]))


def _stretches(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where a line (N,) is true: starts and stops."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]])))
    return list(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))


def _follow(known: NDArray[np.bool_], start: int, *, rising: bool) -> Line:
    """Return the places (N,), N > 1, of an outline in rows (H, W), in which the person begins (`rising`) or ends."""
    places = [start]
    for row in known[1:]:
        steps = np.flatnonzero(row[1:] & ~row[:-1] if rising else ~row[1:] & row[:-1]) + 1
        if not len(steps):
            break
        nearest = int(steps[np.abs(steps - places[-1]).argmin()])
        if abs(nearest - places[-1]) > JUMP:
            break
        places.append(nearest)
    return np.asarray(places + places[:1] * (len(places) == 1), np.float64)


def _slope(line: Line) -> float:
    """Return by how much a line (N,), N > 1, of which the first is nearest to the end, rises beyond it a pixel."""
    inwards = np.arange(len(line))
    weights = np.exp(-2 * inwards / len(line)) * inwards
    return float(weights @ (line[0] - line) / (weights @ inwards))


def _closing(half: Line, depth: Line) -> Line:
    """Return half the width (D,) at a `depth` (D,) beyond the `half` (N,) of a circle; -inf where it is closed."""
    square = half[0] ** 2 + _slope(half**2 + np.arange(len(half)) ** 2) * depth - depth**2
    open_so_far = np.logical_and.accumulate(square > 0)
    return np.where(open_so_far, np.sqrt(np.maximum(square, 0)), -np.inf)


def _straight(line: Line) -> float:
    """Return by how much a line (N,) rises a pixel beyond its end."""
    return float(np.clip(_slope(line), -STEEPEST, STEEPEST))


def _bent(slope: float, depth: Line, radius: float) -> Line:
    """Return how far (D,) down a circle is that comes with a `slope` down."""
    steepness = max(slope, 0) / np.hypot(1, slope)
    there = np.minimum(steepness + depth / radius, 1)
    return np.where(there < 1, radius * (np.sqrt(1 - steepness**2) - np.sqrt(1 - there**2)), np.inf)


def _between(first: Line, last: Line, depth: Line, corners: tuple[_Corner, _Corner]) -> tuple[Line, Line]:
    """Return where (D,) between two outlines (N,) the person goes on."""
    if corners[0].below and corners[1].below:
        return first[0] + _straight(first) * depth, last[0] + _straight(last) * depth
    both = min(len(first), len(last))
    first, last = first[:both], last[:both]
    middle = (first + last) / 2
    middle = middle[0] + np.clip(_slope(middle), -LEANING, LEANING) * depth
    half = _closing((last - first) / 2, depth)
    return middle - half, middle + half


def _towards(far: Line, depth: Line, corner: _Corner, side: int) -> tuple[Line, float]:
    """Return how far (D,) from a corner an outline goes on that was so `far` (N,) from it, and where that ends."""
    if far[0] > corner.chin:
        return far[0] - _bent(-_slope(far), depth, BENDING * side), np.inf
    if corner.below:
        return far[0] + _straight(far) * depth, np.inf
    if corner.hair is None:
        goes_on = _closing(far, depth)
        return goes_on, np.inf if np.isfinite(goes_on[-1]) else float(np.isfinite(goes_on).sum())
    inside = 1 - np.square((depth - SKIPPED) / corner.hair)
    return np.where(inside > 0, far[0] * np.sqrt(np.maximum(inside, 0)), -np.inf), corner.hair


def _round_corner(by: int, above: float, beside: float) -> Mask:
    """Return where (by, by), from the photo's corner on, what reaches so far above and beside it is."""
    if min(above, beside) < 1:
        return np.zeros((by, by), np.float32)
    off = np.arange(1, by + 1)
    return np.asarray(np.add.outer((off / above) ** 2, (off / beside) ** 2) < 1, np.float32)


def _hair_beyond(matte: Mask, landmarks: Landmarks) -> tuple[float, float]:
    """Return how far hair goes on to the left and right of a matte (H, W) if it is as thick on both sides."""
    face = landmarks[:NUM_FACE, :2]
    (left, top), (right, bottom) = face.min(0), face.max(0)
    height, width = matte.shape
    start = int(np.clip(top, 0, height - 1))
    rows = matte[start : max(int((top + bottom) / 2), start + 1)] > PERSON
    before, after = (float(np.median(side.argmax(1))) for side in (rows, rows[:, ::-1]))
    return (width - 1 - after - right) - left, right + (left - before) - (width - 1)
