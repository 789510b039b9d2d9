"""A picture and what is known of it in, the straight edges that go on behind what is not known drawn there out.

A network goes on with an edge a little way, then bends it or ends it anywhere. But one that comes out again on the
other side is one edge, and two that meet at a right angle where nothing is known, between the same colours, are the
corner of a frame, a window or a door.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, starmap
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.pixels.sampling import pixel_places, sample

Picture = NDArray[np.float32]
Vector = NDArray[np.float64]

SEEN: Final = 20  # pixels of an edge that are seen at least
TELLING: Final = 40  # pixels of it, the last, that tell its colours
STEP: Final = 20.0  # levels between its two sides at least
ROUGH: Final = 0.25  # of the step: the most by which colours change along it, in the mean
ASIDE: Final = 5  # pixels on either side of it that are drawn
SIDE: Final = 3  # of these, the outermost, that are a side
FARTHER: Final = 24  # pixels on either side within which what is even, as a moulding, is drawn with it if it ends
EVEN: Final = 8.0  # levels by which its two ends differ, or it changes along them, at most
MOST: Final = 80  # ends that are compared, each with each, the plainest
GAP: Final = 9  # pixels before what is not known that it may lack
DRAWN: Final = 12  # pixels that are drawn at least
HIDDEN: Final = 0.9  # share of what is drawn that must not be known
ALIKE: Final = (6.0, 0.25)  # levels, plus share of the step, by which two ends of one edge differ at most
WALL, THING = 0.13, 0.55  # of the step: the same for each side of a corner, of which one is the wall that is around
STRAIGHT: Final = 0.99  # least cosine between two ends of a straight edge
SHIFTED: Final = (3.0, 0.03)  # pixels, plus share of the way, by which an end may lie beside the other's line
UPRIGHT: Final = 0.1  # largest cosine of a corner
PLAIN: Final = 50.0  # levels between the sides of a corner's ends at least


@dataclass(frozen=True)
class End:
    """Where an edge meets what is not known: `place` (2,), x and y, and the unit vector `way` (2,) on into that.

    `colours` (2 * FARTHER + 1, 3) lie across it, from the left of its way to the right. Along it each changes by so
    many levels, in the mean, as is `rough` (2 * FARTHER + 1,): infinitely many where not all is seen.
    """

    place: Vector
    way: Vector
    colours: Picture
    rough: Vector

    @property
    def near(self) -> Picture:
        """The colours (2 * ASIDE + 1, 3) of its two sides."""
        return self.colours[FARTHER - ASIDE : FARTHER + ASIDE + 1]

    @cached_property
    def sides(self) -> Picture:
        """The colours (2, 3) on its left and on its right."""
        return np.stack([self.near[:SIDE].mean(0), self.near[-SIDE:].mean(0)])

    @cached_property
    def step(self) -> float:
        """By how many levels its sides differ."""
        return float(np.abs(np.diff(self.sides, axis=0)).max())


@dataclass(frozen=True)
class Edge:
    """One edge from the `first` end to the `second`, through `middle` (2,), where it `turns` or goes straight on.

    The less `unlikely`, the sooner the two ends are one edge; it is at least 0.
    """

    first: End
    middle: Vector
    second: End
    turns: bool
    unlikely: float

    @property
    def legs(self) -> tuple[tuple[Vector, Vector], tuple[Vector, Vector]]:
        """From where to where (2,) it is straight."""
        return (self.first.place, self.middle), (self.middle, self.second.place)

    @property
    def lengths(self) -> tuple[float, ...]:
        """How long its legs are."""
        return tuple(float(np.linalg.norm(stop - start)) for start, stop in self.legs)


def draw_lines(picture: Picture, known: NDArray[np.bool_]) -> tuple[Picture, NDArray[np.bool_]]:
    """Return a picture (S, S, 3) with edges drawn in what is not `known` (S, S), and what is known with them."""
    drawn, sure = picture.copy(), known.copy()
    plainest = sorted(_ends(picture, known), key=lambda end: -end.step)[:MOST]
    for edge in _joined(plainest, known):
        _draw(edge, drawn, sure)
    return drawn, sure


def _ends(picture: Picture, known: NDArray[np.bool_]) -> Iterator[End]:
    """Yield where straight edges of a picture (S, S, 3) meet what is not `known` (S, S)."""
    grey = cv2.cvtColor(np.clip(picture, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE).detect(grey)[0]
    lines = np.zeros((0, 2, 2)) if found is None else found.reshape(-1, 2, 2).astype(np.float64)
    lines = lines[np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) > SEEN]
    clear = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    reach = 2 * GAP + 3
    near = cv2.erode(known.astype(np.uint8), np.ones((reach, reach), np.uint8)) == 0
    both_ways = np.concatenate([lines, lines[:, ::-1]])
    for start, stop in both_ways[_at(near, both_ways[:, 1])]:
        end = _end(picture, known, clear, start, stop)
        if end is not None:
            yield end


def _end(
    picture: Picture, known: NDArray[np.bool_], clear: NDArray[np.bool_], start: Vector, stop: Vector
) -> End | None:
    """Return the end of an edge that was seen from `start` to `stop` (2,), if it meets what is not `known` (S, S).

    `clear` (S, S) of that is what is known and does not touch it.
    """
    length = float(np.linalg.norm(stop - start))
    way = (stop - start) / length
    line = start + np.arange(length + GAP + DRAWN)[:, None] * way
    last = int(np.argmin(_at(clear, line))) - 1
    if not SEEN <= last <= length + GAP or _at(known, line[last + 3 :]).mean() > 1 - HIDDEN:
        return None
    if not (line[-1] == np.clip(line[-1], 0, len(known) - 1)).all():
        return None
    across = np.arange(-FARTHER, FARTHER + 1)[:, None, None] * np.array([-way[1], way[0]])
    places = line[max(0, last - TELLING) : last + 1] + across
    band = sample(picture, places.astype(np.float32), cv2.BORDER_REPLICATE)
    colours = np.asarray(np.median(band, axis=1), np.float32)
    seen = _at(known, places.reshape(-1, 2)).reshape(places.shape[:2])
    rough = np.abs(band - colours[:, None]).mean((1, 2))
    end = End(line[last], way, colours, np.where(seen.all(1), rough, np.inf))
    middle = slice(FARTHER - ASIDE, FARTHER + ASIDE + 1)
    plain = end.step > STEP and rough[middle].mean() < ROUGH * end.step
    return end if plain and seen[middle].mean() > HIDDEN else None


def _at(mask: NDArray[np.bool_], places: Vector) -> NDArray[np.bool_]:
    """Tell of places (N, 2), x and y, which (N,) are in a mask (S, S)."""
    columns, rows = np.clip(np.round(places), 0, len(mask) - 1).astype(np.intp).T
    return np.asarray(mask[rows, columns])


def _joined(ends: Sequence[End], known: NDArray[np.bool_]) -> list[Edge]:
    """Return edges of which each end is one of the `ends`, none twice: straight ones first, then the likeliest."""
    pairs = combinations(ends, 2)
    possible = [edge for edge in starmap(_edge, pairs) if edge is not None and _is_hidden(edge, known)]
    edges: list[Edge] = []
    for edge in sorted(possible, key=lambda each: (each.turns, each.unlikely)):
        if not any(_exclude(edge, other) for other in edges):
            edges.append(edge)
    return edges


def _edge(one: End, other: End) -> Edge | None:
    """Return the edge that two ends are of, if their places and colours say so."""
    straight = one.way @ other.way < -STRAIGHT
    edge = _straight(one, other) if straight else _turning(one, other)
    return edge if edge and edge.unlikely < 1 and min(edge.lengths) > DRAWN / 2 else None


def _straight(one: End, other: End) -> Edge | None:
    between = other.place - one.place
    aside = max(abs(_cross(end.way, between)) for end in (one, other))
    aside /= SHIFTED[0] + SHIFTED[1] * np.linalg.norm(between)
    unlike = np.abs(one.near - other.near[::-1]).mean() / (ALIKE[0] + ALIKE[1] * min(one.step, other.step))
    middle = (one.place + other.place) / 2
    return Edge(one, middle, other, False, float(max(aside, unlike))) if one.way @ between > 0 else None


def _turning(one: End, other: End) -> Edge | None:
    step = min(one.step, other.step)
    if abs(one.way @ other.way) > UPRIGHT or step < PLAIN:
        return None
    between, turn = other.place - one.place, _cross(one.way, other.way)
    along, back = _cross(between, other.way) / turn, _cross(between, one.way) / turn
    unlike = np.sort(np.abs(one.sides - other.sides[::-1]).mean(1)) / (WALL * step, THING * step)
    corner = one.place + along * one.way
    return Edge(one, corner, other, True, float(unlike.max())) if min(along, back) > 0 else None


def _is_hidden(edge: Edge, known: NDArray[np.bool_]) -> bool:
    shares = np.linspace(0, 1, 32)[3:-3, None]
    return all(_at(known, start + shares * (stop - start)).mean() < 1 - HIDDEN for start, stop in edge.legs)


def _exclude(one: Edge, other: Edge) -> bool:
    """Tell whether two edges share an end, or cross each other."""
    shared = any(end is each for end in (one.first, one.second) for each in (other.first, other.second))
    return shared or any(_cut(*leg, *each) and _cut(*each, *leg) for leg in one.legs for each in other.legs)


def _between_rows(colours: Picture, places: Vector) -> Picture:
    """Read colours (R, 3) at places (N,) from 0 to R - 1; return them (N, 3)."""
    rows = np.clip(places.astype(np.intp), 0, len(colours) - 2)
    share = (places - rows)[:, None].astype(np.float32)
    return np.asarray(colours[rows] + share * (colours[rows + 1] - colours[rows]))


def _cross(one: Vector, other: Vector) -> Vector:
    """Return how far `other` (..., 2) points to the right of `one` (2,), in lengths of both."""
    return np.asarray(one[0] * other[..., 1] - one[1] * other[..., 0])


def _cut(start: Vector, stop: Vector, one: Vector, other: Vector) -> bool:
    """Tell whether two places (2,) lie on different sides of the line through two others."""
    return bool(_cross(stop - start, one - start) * _cross(stop - start, other - start) < 0)


def _breadths(edge: Edge) -> tuple[int, int]:
    """Return how far an edge is drawn to its left and its right, in pixels: as far as what is even there ends."""
    colours, others = edge.first.colours, edge.second.colours[::-1]
    rough = np.maximum(edge.first.rough, edge.second.rough[::-1])
    uneven = np.maximum(np.abs(colours - others).mean(1), rough) > EVEN
    changes = np.abs(colours[2:] - colours[:-2]).mean(1) > EVEN
    left, right = (_end_of(uneven[::way][FARTHER + ASIDE + 1 :], changes[::way][FARTHER + ASIDE :]) for way in (-1, 1))
    return ASIDE + left, ASIDE + right


def _end_of(uneven: NDArray[np.bool_], changes: NDArray[np.bool_]) -> int:
    """Return where what is even ends, else where it changes last, in pixels; 0 for what does neither."""
    return int(uneven.argmax()) if uneven.any() else int(np.flatnonzero(changes).max(initial=0))


def _draw(edge: Edge, drawn: Picture, sure: NDArray[np.bool_]) -> None:
    """Draw an edge, in place, where a picture (S, S, 3) is not `sure` (S, S), which it is then."""
    lengths = edge.lengths
    ways = [(stop - start) / length for (start, stop), length in zip(edge.legs, lengths, strict=True)]
    corners = np.stack([edge.first.place, edge.middle, edge.second.place])
    left, top = np.clip(np.floor(corners.min(0)) - FARTHER, 0, None).astype(np.intp)
    right, bottom = (np.ceil(corners.max(0)) + FARTHER + 1).astype(np.intp)
    box = np.s_[top:bottom, left:right]
    places = pixel_places(sure[box].shape) + np.array([left, top]) - edge.middle
    before, after = (places @ way for way in ways)
    off = [_cross(way, places) for way in ways]
    aside = np.maximum(*off) if _cross(*ways) < 0 else np.minimum(*off)
    breadths = _breadths(edge)
    within = [(each >= -breadths[0]) & (each <= breadths[1]) for each in (*off, aside)]
    on_first = within[0] & (before > -lengths[0]) & (before < FARTHER)
    on_second = within[1] & (after < lengths[1]) & (after > -FARTHER)
    band = (on_first | on_second) & within[2] & ~sure[box]
    way = lengths[0] + np.where(on_first, np.minimum(before, 0), np.maximum(after, 0))[band]
    share = (way / sum(lengths))[:, None].astype(np.float32)
    first, second = (
        _between_rows(colours, aside[band] + FARTHER) for colours in (edge.first.colours, edge.second.colours[::-1])
    )
    drawn[box][band] = first + share * (second - first)
    sure[box] |= band
