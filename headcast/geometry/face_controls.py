"""What a face shall do, in a dozen numbers, in; the landmarks of a person who does it out.

Everything is said relative to the person's own picture: all zero is the picture as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.contact import set_openings
from headcast.geometry.pose import (
    CONTROLS,
    NECK,
    Face,
    Pose,
    apply_pose,
    change_expression,
    fit_pose,
    measure_controls,
    neutral_controls,
    remove_pose,
    rotation_matrix,
)
from headcast.geometry.retarget import WIDEST, ease_turn
from headcast.strict import finite, table
from headcast.types import Landmarks

MAX_DEGREES: Final = 40.0

# At 1 and at -1, away from the picture's own, in eye distances: what lively people do.
_SMILE: Final = (0.10, 0.06)
_SMILE_WIDTH: Final = (0.17, 0.02)
_WIDTH: Final = (0.17, 0.26)
_BROWS: Final = (0.13, 0.07)
_GAZE: Final = (0.09, 0.045)
_GAPE: Final = 0.42


@dataclass(frozen=True)
class FaceControls:
    """What a face shall do; right and left lid are the person's own, all other sides the picture's."""

    turn: float = 0.0  # degrees, to the right
    nod: float = 0.0  # degrees, downwards
    tilt: float = 0.0  # degrees, clockwise
    mouth: float = 0.0  # -1: lips closed; 1: wide open
    width: float = 0.0  # -1: lips pursed; 1: drawn wide
    smile: float = 0.0  # -1: corners of the mouth down; 1: up
    brows: float = 0.0  # -1: down; 1: raised
    right_lid: float = 0.0  # -1: shut; 1: wide open
    left_lid: float = 0.0
    gaze_x: float = 0.0  # -1: to the left; 1: to the right
    gaze_y: float = 0.0  # -1: up; 1: down


LIMITS: Final[Mapping[str, float]] = {
    field.name: MAX_DEGREES if field.name in ("turn", "nod", "tilt") else 1.0 for field in fields(FaceControls)
}
"""Of each control: it lies within plus and minus this."""


def parse_controls(value: object) -> FaceControls:
    """Controls out of a stranger's table; what it leaves out is zero. ValueError for what is not so."""
    given: Mapping[str, Any] = table(value, "controls")
    if unknown := set(given) - set(LIMITS):
        raise ValueError(f"controls has {min(unknown)!r:.40}, expected some of {', '.join(LIMITS)}")
    return FaceControls(**{name: finite(number, -LIMITS[name], LIMITS[name], name) for name, number in given.items()})


class Poser:
    """Moves one person's landmarks (478, 3) as controls say."""

    def __init__(self, own: Landmarks) -> None:
        self._own = own
        self._pose = fit_pose(own)
        self._face = remove_pose(own, self._pose)
        self._controls = measure_controls(self._face)
        self._rest = neutral_controls(self._controls)

    def __call__(self, controls: FaceControls) -> Landmarks:
        """Return the landmarks of the person doing so, in the pixels of the person's own."""
        if controls == FaceControls():
            return self._own
        return apply_pose(self._express(controls), self._turn(controls))

    def _express(self, controls: FaceControls) -> Face:
        change = {
            "smile": _between(controls.smile, _SMILE),
            "mouth_width": _between(controls.smile, _SMILE_WIDTH) + _between(controls.width, _WIDTH),
            "brow_height": _between(controls.brows, _BROWS),
            "gaze_x": _GAZE[0] * controls.gaze_x,
            "gaze_y": _GAZE[1] * controls.gaze_y,
        }
        moved = change_expression(self._face, np.array([change.get(name, 0.0) for name in CONTROLS]))
        return set_openings(moved, self._openings(controls))

    def _openings(self, controls: FaceControls) -> NDArray[np.float64]:
        """Return lip gap, right and left lid opening (3,): at -1 closed, at 0 the picture's own."""
        gap, *lids = np.maximum(self._controls[[0, 4, 5]], 0.0)
        wide = np.maximum(WIDEST * np.array(lids), self._rest[4:6])  # a picture with closed eyes opens them
        asked = (controls.right_lid, controls.left_lid)
        opened = [_closed_to_wide(amount, own, most) for amount, own, most in zip(asked, lids, wide, strict=True)]
        return np.array([_closed_to_wide(controls.mouth, gap, gap + _GAPE), *opened])

    def _turn(self, controls: FaceControls) -> Pose:
        """Return the pose of the head turned about its neck, eased off where one picture cannot follow."""
        asked = np.radians([controls.nod, -controls.turn, controls.tilt])
        rotation = rotation_matrix(ease_turn(asked, self._pose.rotation)) @ self._pose.rotation
        shift = self._pose.scale * (self._pose.rotation - rotation) @ NECK
        return Pose(rotation, self._pose.scale, self._pose.translation + shift)


def _between(amount: float, ends: tuple[float, float]) -> float:
    return amount * (ends[0] if amount > 0 else ends[1])


def _closed_to_wide(amount: float, own: float, most: float) -> float:
    return own + amount * (most - own if amount > 0 else own)
