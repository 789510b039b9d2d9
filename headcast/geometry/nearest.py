"""Faces of several shots and a wanted face in, how much each shot counts out, without jumps."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.contact import OPENINGS
from headcast.geometry.pose import CONTROLS, Head
from headcast.geometry.spreads import controls_in_spreads, turn_in_spreads

Weights = NDArray[np.float64]

MOUTH_CONTROLS: Final = tuple(CONTROLS.index(name) for name in ("lip_gap", "mouth_width", "smile"))
SKIN_CONTROLS: Final = (*MOUTH_CONTROLS, CONTROLS.index("brow_height"))
EYE_CONTROLS: Final = (*OPENINGS[1:], CONTROLS.index("gaze_x"), CONTROLS.index("gaze_y"))
MOST_BLENDED: Final = 3
BLURRED: Final = 0.8  # of the usual detail, from which on a shot counts as blurred ...
STAYS: Final = 0.3  # spreads by which another shot must be nearer than the one that is shown
GIVES_WAY: Final = 1.5  # spreads of motion within which that one gives way
PER_HALVING: Final = 4.0  # ... and as farther, by so many spreads each time it has half as much


class NearestFaces:
    """Weighs shots by how near they are to a wanted face in pose and some controls, each in spreads.

    A shot that is `reach` spreads farther than the nearest one counts e**-0.5 times as much; each counts as so many
    spreads farther than it is as `behind` says, none by default.
    """

    def __init__(
        self, heads: Sequence[Head], controls: Sequence[int], reach: float, behind: Sequence[float] = ()
    ) -> None:
        self._controls, self._reach, self._behind = list(controls), reach, np.array(behind or [0.0] * len(heads))
        self._places = np.stack([self.place(head) for head in heads])

    def __len__(self) -> int:
        """Return how many shots there are."""
        return len(self._places)

    def __call__(self, head: Head, without: int | None = None) -> Weights:
        """Return the shots' weights (N,): they sum to 1, at most three are above 0; `without` one shot if so told."""
        return self.weigh(self.place(head), without)

    def weigh(self, place: NDArray[np.float64], without: int | None = None, leads: Weights | None = None) -> Weights:
        """Return the weights (N,) for a face's `place`; shots count as nearer by their `leads` (N,) in spreads."""
        if len(self._places) == 1:
            return np.ones(1)
        distances = np.linalg.norm(self._places - place, axis=1) + self._behind
        if leads is not None:
            distances -= leads
        if without is not None:
            distances[without] = np.inf
        return blend_weights(distances / self._reach)

    def place(self, head: Head) -> NDArray[np.float64]:
        """Return controls and turn of a face in spreads: what distances are measured between."""
        expression = controls_in_spreads(head.controls)[self._controls]
        return np.concatenate([expression, turn_in_spreads(head.pose.rotation)])


class Turns:
    """Weighs shots for the frames of one video, in their order.

    A shot that is shown stays until another is plainly nearer, and gives way by as much as the face moves: a calm face
    is shown by the same shots all the time.
    """

    def __init__(self, near: NearestFaces) -> None:
        self._near = near
        self._last: tuple[NDArray[np.float64], Weights] | None = None

    def __call__(self, head: Head, without: int | None = None) -> Weights:
        """Return the shots' weights (N,), which sum to 1, for the next frame; `without` one shot for a frame apart."""
        if without is not None:
            return self._near(head, without)
        place = self._near.place(head)
        if self._last is None:
            weights = self._near.weigh(place)
        else:
            before, shown = self._last
            share = min(1.0, float(np.linalg.norm(place - before)) / GIVES_WAY)
            weights = shown + share * (self._near.weigh(place, leads=STAYS * shown) - shown)
        self._last = place, weights
        return weights


def behind_for_blur(details: Sequence[float | None]) -> list[float]:
    """Return how many spreads farther than they are shots count, (N,), that show less detail than most of them."""
    known = [detail for detail in details if detail is not None]
    if not known:
        return [0.0] * len(details)
    sharp = BLURRED * float(np.median(known))
    return [0.0 if not detail else PER_HALVING * max(0.0, float(np.log2(sharp / detail))) for detail in details]


def blend_weights(distances: NDArray[np.float64]) -> Weights:
    """Return weights (N,) that sum to 1 for distances (N,) of 0 or more, in reaches.

    The fourth nearest counts for nothing, and the third for nothing where it is as far: so weights never jump.
    """
    nearness = np.exp(-((distances - distances.min()) ** 2) / 2)
    if len(nearness) > MOST_BLENDED:
        nearness = np.maximum(nearness - np.sort(nearness)[-MOST_BLENDED - 1], 0.0)
    total = float(nearness.sum())
    if total < 1e-6:  # four or more at one distance: none can be told from the others
        nearness, total = (distances == distances.min()).astype(np.float64), float((distances == distances.min()).sum())
    return np.asarray(nearness / total)
