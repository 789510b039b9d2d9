"""A tracked face in, the whole numbers that say where it is relative to a reference face out, and back.

In this order: the head's turn (3), size (1) and place (3); the eight controls of the expression, with the irises'; and
how far the landmarks lie from all that along the directions of `basis`. Frames differ in few of them, and by little.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import (
    CONTROLS,
    Face,
    Pose,
    apply_pose,
    change_expression,
    fit_pose,
    measure_controls,
    remove_pose,
    rotation_matrix,
    rotation_vector,
)
from headcast.telepresence.basis import MotionBasis, motion_basis
from headcast.telepresence.entropy import Numbers
from headcast.types import Landmarks

NUM_POSE: Final = 7
NUM_DIRECTIONS: Final = 96
NUM_NUMBERS: Final = NUM_POSE + len(CONTROLS) + NUM_DIRECTIONS

TURN_STEP: Final = 0.002  # radians
ZOOM_STEP: Final = 0.002  # e-folds of size
SHIFT_STEP: Final = 0.003  # eye distances of the reference
CONTROL_STEP: Final = 0.004  # eye distances
DIRECTION_STEP: Final = 0.04  # eye distances, over all landmarks together

STEPS: Final = np.array(
    [TURN_STEP] * 3
    + [ZOOM_STEP]
    + [SHIFT_STEP] * 2
    + [4 * SHIFT_STEP]  # nobody sees how far away the tracker thinks the head is
    + [CONTROL_STEP] * len(CONTROLS)
    + [DIRECTION_STEP] * NUM_DIRECTIONS
)
LIMITS: Final = np.floor(
    np.array([1.5] * 3 + [1.5] + [12.0] * 3 + [1.5] * len(CONTROLS) + [16.0] * NUM_DIRECTIONS) / STEPS
).astype(np.int32)
"""How far each number may go, either sign: further than a head that the tracker still follows."""


@dataclass(frozen=True)
class ReferenceFace:
    """What a sender's numbers are relative to: one of its faces, in the canonical frame, and the pose it had.

    `image_size` is (width, height) of the sender's picture; `scale` and `place` (3,) are in its pixels.
    """

    face: Face
    scale: float
    place: NDArray[np.float64]
    image_size: tuple[int, int]


class MotionNumbers:
    """Turns one sender's landmarks into numbers (NUM_NUMBERS,) and back, relative to a reference face."""

    def __init__(self, reference: ReferenceFace, basis: MotionBasis | None = None) -> None:
        self._reference, self._basis = reference, basis or motion_basis()
        self._controls = measure_controls(reference.face)

    def measure(self, landmarks: Landmarks) -> Numbers:
        """Return the numbers of a face (478, 3) in the sender's pixels."""
        reference = self._reference
        pose = fit_pose(landmarks)
        face = remove_pose(landmarks, pose)
        change = measure_controls(face) - self._controls
        left = face - change_expression(reference.face, change)
        values = np.concatenate(
            [
                rotation_vector(pose.rotation),
                [np.log(pose.scale / reference.scale)],
                (pose.translation - reference.place) / reference.scale,
                change,
                self._basis.coordinates(left),
            ]
        )
        return np.asarray(np.clip(np.rint(values / STEPS), -LIMITS, LIMITS), np.int32)

    def landmarks(self, numbers: NDArray[np.int32] | NDArray[np.float64]) -> Landmarks:
        """Return the face (478, 3) in the sender's pixels; numbers between whole ones are fine."""
        values = np.clip(numbers, -LIMITS, LIMITS) * STEPS
        turn, zoom, shift = values[:3], values[3], values[4:NUM_POSE]
        change, coordinates = np.split(values[NUM_POSE:], [len(CONTROLS)])
        face = change_expression(self._reference.face, change) + self._basis.move(coordinates)
        # The directions move lips and lids a little, too: contact is told by the controls alone.
        face = change_expression(face, self._controls + change - measure_controls(face))
        scale = self._reference.scale
        pose = Pose(rotation_matrix(turn), scale * float(np.exp(zoom)), self._reference.place + scale * shift)
        return apply_pose(face, pose)
