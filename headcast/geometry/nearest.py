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
        self._places = np.stack([self._place(head) for head in heads])

    def __call__(self, head: Head, without: int | None = None) -> Weights:
        """Return the shots' weights (N,): they sum to 1, at most three are above 0; `without` one shot if so told."""
        if len(self._places) == 1:
            return np.ones(1)
        distances = np.linalg.norm(self._places - self._place(head), axis=1)
        distances += self._behind
        if without is not None:
            distances[without] = np.inf
        return blend_weights(distances / self._reach)

    def _place(self, head: Head) -> NDArray[np.float64]:
        expression = controls_in_spreads(head.controls)[self._controls]
        return np.concatenate([expression, turn_in_spreads(head.pose.rotation)])


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
