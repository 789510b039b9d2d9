"""The faces of a camera in, one by one; the moment when somebody looks straight ahead, calm and at rest, out.

Live motion is measured from a frame of the driver. The first one is seldom good: people sit down, talk, look at the
keyboard. This waits for half a second of a frontal, neutral, still face, and asks for less the longer it waits.
"""

from collections import deque
from typing import Final

import numpy as np

from headcast.geometry.pose import CONTROLS, head_of, neutral_controls, rotation_vector
from headcast.geometry.spreads import CONTROL_SPREAD, ROTATION_SPREAD
from headcast.types import Landmarks

CALM_SECONDS: Final = 0.5
_LEAST_FACES: Final = 4
_STRICT: Final = 0.8  # spreads that a face may be away from rest, at first
_LAX_AFTER: Final = 6.0  # seconds after which twice as much will do, and so on
_EXPRESSION: Final = [CONTROLS.index(name) for name in ("lip_gap", "mouth_width", "smile", "brow_height")]
_LIDS: Final = [CONTROLS.index(name) for name in ("right_eye_opening", "left_eye_opening")]
_GAZE: Final = [CONTROLS.index(name) for name in ("gaze_x", "gaze_y")]


class Calibration:
    """Looks for the moment to measure from; `is_done` when it was found."""

    def __init__(self) -> None:
        self._faces: deque[tuple[float, Landmarks, float, np.ndarray[tuple[int], np.dtype[np.float64]]]] = deque()
        self._since: float | None = None
        self.is_done = False

    def look(self, landmarks: Landmarks | None, time: float) -> list[Landmarks] | None:
        """Take in a face (478, 3) at a time in seconds; return the calm faces, once, when there are enough of them."""
        if self.is_done:
            return None
        if landmarks is None:
            self._faces.clear()
            return None
        if self._since is None:
            self._since = time
        away, state = _away_from_rest(landmarks)
        self._faces.append((time, landmarks, away, state))
        while self._faces and time - self._faces[0][0] > CALM_SECONDS:
            self._faces.popleft()
        allowed = _STRICT * (1 + (time - self._since) / _LAX_AFTER)
        if len(self._faces) < _LEAST_FACES or time - self._faces[0][0] < 0.6 * CALM_SECONDS:
            return None
        unrest = float(np.ptp([face[3] for face in self._faces], axis=0).max())
        if max(face[2] for face in self._faces) > allowed or unrest > allowed:
            return None
        self.is_done = True
        return [face[1] for face in self._faces]


def _away_from_rest(landmarks: Landmarks) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return by how many spreads a face is away from a frontal one at rest, and its pose and controls in spreads."""
    head = head_of(landmarks)
    turn = rotation_vector(head.pose.rotation) / ROTATION_SPREAD
    controls, rest = head.controls / CONTROL_SPREAD, neutral_controls(head.controls) / CONTROL_SPREAD
    change = controls - rest
    lids = np.minimum(change[_LIDS], 0)  # wide open eyes are fine
    away = np.concatenate([turn / 1.5, change[_EXPRESSION] / 1.5, lids, controls[_GAZE] / 2])
    return float(np.abs(away).max()), np.concatenate([turn, controls[:6]])
