"""A shot's pose and expression and a driving one in, how far the mesh misses the shot's pixels out.

The tracker's outline slides over the skin when a head turns, hair does not lie in one plane, and shoulders follow a
head in their own way. What of this is the same for everybody was learned from clips by tools/fit_slip.py: the optical
flow between warped shots and true frames, by ridge regression on the change of pose and expression. Without a change
there is none.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.geometry.pose import CONTROLS, Head, Pose, face_model, rotation_vector
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, NUM_FACE, RIGHT_EYE

SLIP_MODEL_PATH: Final = Path(__file__).parent / "assets" / "slip.safetensors"
GRID_X: Final = np.linspace(-2.4, 2.4, 17)
GRID_Y: Final = np.linspace(-2.4, 3.2, 19)
"""Where in the shot the model is known: from between the eyes, upright with the head, in eye distances."""
MOST: Final = 0.15  # eye distances: no slip is larger
MOST_TURN: Final = 0.7  # radians ...
MOST_CHANGE: Final = 0.4  # ... and eye distances, beyond which few clips show what happens
FIRM: Final = (0.05, 0.35)  # eye distances from lips and lids between which the face begins to slip


class Slip:
    """How far the mesh misses the pixels of one shot, at fixed `points` (N, 2) in pixels of it.

    `shares` (N,) in 0..1 hold points where they are. Points of which `as_one` (N,) is 1 slip together, unbent,
    as the head turns, and whatever the face does stay.
    """

    def __init__(
        self,
        shot: Head,
        points: NDArray[np.float64],
        shares: NDArray[np.float64],
        as_one: NDArray[np.float64] | None = None,
    ) -> None:
        self._shot = shot
        self._upright = upright(shot.pose)
        places = (points - shot.pose.translation[:2]) @ self._upright / shot.pose.scale
        columns, rows = (
            (places[:, axis] - line[0]) / (line[1] - line[0]) for axis, line in enumerate((GRID_X, GRID_Y))
        )
        grid = slip_model().reshape(len(slip_model()), len(GRID_Y), len(GRID_X), 2).transpose(1, 2, 0, 3)
        at = np.stack([columns, rows], axis=1)[None].astype(np.float32)
        layers = [
            cv2.remap(np.ascontiguousarray(grid[:, :, layer]), at, np.empty(0, np.float32), cv2.INTER_LINEAR)[0]
            for layer in range(grid.shape[2])
        ]
        coefficients = np.stack(layers) * shares[:, None]  # 0 beyond the grid
        if as_one is not None:
            unbent = _unbent(places, coefficients, as_one == 1)
            unbent[-len(CONTROLS) :] = 0
            coefficients += as_one[:, None] * (unbent - coefficients)
        self._coefficients = coefficients.reshape(len(layers), -1)

    def __call__(self, driving: Head) -> NDArray[np.float64]:
        """Return how far (N, 2), in pixels of the shot, its pixels lie from where the mesh takes them."""
        slip = (change_features(self._shot, driving) @ self._coefficients).reshape(-1, 2)
        slip = slip * np.minimum(1.0, MOST / np.maximum(np.linalg.norm(slip, axis=1, keepdims=True), 1e-9))
        return np.asarray(slip @ self._upright.T * self._shot.pose.scale)


def _unbent(places: NDArray[np.float64], slips: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the affine maps of places (N, 2) that are nearest to slips (F, N, 2) where these are `known` (N,)."""
    across = np.column_stack([places, np.ones(len(places))])
    return np.asarray(across @ np.linalg.pinv(across[known]) @ slips[:, known])


@cache
def slip_model() -> NDArray[np.float32]:
    """Return the coefficients (F, rows * columns * 2) that come with the package, x and y in eye distances."""
    return load_file(SLIP_MODEL_PATH)["coefficients"].astype(np.float32)


def upright(pose: Pose) -> NDArray[np.float64]:
    """Return the rotation (2, 2) of the picture that the head's roll alone would give."""
    angle = np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0])
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def change_features(shot: Head, driving: Head) -> NDArray[np.float64]:
    """Return what the slip is linear in (F,): all 0 for the shot itself."""
    turn = np.clip(rotation_vector(shot.pose.rotation.T @ driving.pose.rotation), -MOST_TURN, MOST_TURN)
    change = np.clip(driving.controls - shot.controls, -MOST_CHANGE, MOST_CHANGE)
    return np.concatenate([turn, turn * np.abs(turn), change])


@cache
def face_shares() -> NDArray[np.float64]:
    """Return how far (468,) each vertex of the face may slip: lips and lids lie where the tracker says."""
    face = face_model().mean[:NUM_FACE, :2]
    rings = face[[*INNER_LIPS, *RIGHT_EYE, *LEFT_EYE]]
    return np.asarray(np.interp(np.linalg.norm(face[:, None] - rings, axis=2).min(1), FIRM, (0.0, 1.0)), np.float64)
