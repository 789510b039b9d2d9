"""Landmarks in, rigid pose and a face in its own frame out, and back.

A *face* here is (478, 3) float64 in the canonical frame: the origin lies between the eyes, x points to the
image's right, y down, z away from the camera, and one unit is the distance between the eye centres. A face is
the person's shape plus the expression; eight *controls* measure the expression, eight *modes* change it.
Mean face, modes and the neutral estimate are statistics of tracked faces, made by tools/fit_face_model.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.geometry.topology import (
    EYE_CORNERS,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    MID_BROWS,
    MID_INNER_LIP_LOWER,
    MID_INNER_LIP_UPPER,
    MID_LEFT_LID_LOWER,
    MID_LEFT_LID_UPPER,
    MID_OUTER_LIPS,
    MID_RIGHT_LID_LOWER,
    MID_RIGHT_LID_UPPER,
    MOUTH_CORNERS,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
)
from headcast.types import NUM_LANDMARKS, Landmarks

Face = NDArray[np.float64]
Controls = NDArray[np.float64]

CONTROLS: Final = (
    "lip_gap",
    "mouth_width",
    "smile",
    "brow_height",
    "right_eye_opening",
    "left_eye_opening",
    "gaze_x",
    "gaze_y",
)
"""What the eight controls measure, all in eye distances; right and left are the person's own."""

FACE_MODEL_PATH: Final = Path(__file__).parent / "assets" / "face_model.safetensors"


NECK: Final = np.array([0.0, 1.4, 1.3])
"""About which a head turns, from between its eyes, in eye distances."""


@dataclass(frozen=True)
class FaceModel:
    """Statistics of faces: mean face (478, 3), rigidity weights (478,), modes (8, 478, 3), neutral map (9, 8)."""

    mean: Face
    rigid_weights: NDArray[np.float64]
    modes: NDArray[np.float64]
    neutral: NDArray[np.float64]


@cache
def face_model() -> FaceModel:
    """Return the statistics that come with the package."""
    return FaceModel(**{name: array.astype(np.float64) for name, array in load_file(FACE_MODEL_PATH).items()})


@dataclass(frozen=True)
class Pose:
    """A similarity from the canonical frame to image pixels: `scale * rotation @ point + translation`.

    `rotation` (3, 3); `scale` in pixels per eye distance; `translation` (3,) in pixels.
    """

    rotation: NDArray[np.float64]
    scale: float
    translation: NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """What a tracked head does: its pose and its controls (8,)."""

    pose: Pose
    controls: Controls


def head_of(landmarks: Landmarks) -> Head:
    """Measure pose and controls of one face (478, 3)."""
    pose = fit_pose(landmarks)
    return Head(pose, measure_controls(remove_pose(landmarks, pose)))


def fit_pose(landmarks: Landmarks) -> Pose:
    """Fit the rigid pose of one face (478, 3) by weighted Procrustes over the parts that expression hardly moves."""
    weights, model_mean, centred, spread = _rigid()
    points = landmarks.astype(np.float64)
    points_mean = (weights * points).sum(0)
    covariance = (weights * (points - points_mean)).T @ centred
    singular, left, right = cv2.SVDecomp(covariance)  # of so small a matrix in a third of NumPy's time
    signs = np.array([1.0, 1.0, np.sign(cv2.determinant(left @ right))])
    rotation = np.asarray((left * signs) @ right, np.float64)
    scale = float((singular[:, 0] * signs).sum() / spread)
    return Pose(rotation, scale, points_mean - scale * rotation @ model_mean)


@cache
def _rigid() -> tuple[NDArray[np.float64], NDArray[np.float64], Face, float]:
    """Return the rigidity weights (478, 1), the mean face's mean (3,), the face less that, and its weighed square."""
    model = face_model()
    weights = model.rigid_weights[:, None]
    mean = (weights * model.mean).sum(0)
    centred = model.mean - mean
    return weights, mean, centred, float((weights * centred**2).sum())


def remove_pose(landmarks: Landmarks, pose: Pose) -> Face:
    """Carry landmarks (478, 3) from image pixels into the canonical frame."""
    return (landmarks.astype(np.float64) - pose.translation) @ pose.rotation / pose.scale


def apply_pose(face: Face, pose: Pose) -> Landmarks:
    """Carry a face, or any points (N, 3) of the canonical frame, into image pixels."""
    return np.asarray(face @ (pose.scale * pose.rotation.T) + pose.translation, np.float32)


def rotation_vector(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return axis times angle (..., 3) in radians of rotation matrices (..., 3, 3)."""
    vectors = [cv2.Rodrigues(each)[0][:, 0] for each in rotation.reshape(-1, 3, 3).astype(np.float64)]
    return np.array(vectors, np.float64).reshape(rotation.shape[:-1])


def rotation_matrix(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation matrices (..., 3, 3) of axis times angle (..., 3) in radians."""
    matrices = [cv2.Rodrigues(each)[0] for each in vector.reshape(-1, 3).astype(np.float64)]
    return np.array(matrices, np.float64).reshape(*vector.shape, 3)


def measure_controls(face: Face) -> Controls:
    """Measure the eight CONTROLS of a face in the canonical frame, in eye distances."""
    points, heights, gaze = _measured()
    seen = face[points]
    right_corner, left_corner = face[list(MOUTH_CORNERS)]
    lips, smile, brows, right, left = heights @ seen[:, 1]
    width = np.sqrt(np.square(right_corner - left_corner).sum())
    return np.array([lips, width, smile, brows, right, left, *(gaze @ seen[:, :2])])


@cache
def _measured() -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the points (P,) that controls depend on, the weights (5, P) of their heights and (P,) of the gaze."""
    lower_upper = (  # the mean height of the first points less that of the second: larger is lower
        (MID_INNER_LIP_LOWER, MID_INNER_LIP_UPPER),
        (MID_OUTER_LIPS, MOUTH_CORNERS),
        (EYE_CORNERS, MID_BROWS),
        (MID_RIGHT_LID_LOWER, MID_RIGHT_LID_UPPER),
        (MID_LEFT_LID_LOWER, MID_LEFT_LID_UPPER),
    )
    eyes = ((RIGHT_IRIS[:1], RIGHT_EYE_CORNERS), (LEFT_IRIS[:1], LEFT_EYE_CORNERS))
    weights = np.stack([_mean_of(lower) - _mean_of(upper) for lower, upper in lower_upper])
    gaze = np.mean([_mean_of(iris) - _mean_of(corners) for iris, corners in eyes], axis=0)
    points = np.flatnonzero(np.any(weights, axis=0) | (gaze != 0))
    return points, np.ascontiguousarray(weights[:, points]), gaze[points]


def _mean_of(points: Sequence[int]) -> NDArray[np.float64]:
    """Return the weights (478,) of the mean of some points."""
    return np.bincount(points, minlength=NUM_LANDMARKS) / len(points)


def change_expression(face: Face, change: Controls) -> Face:
    """Move a face along the modes so that its controls change by `change` (8,), to first order."""
    # einsum, not BLAS: threads cost more than they save at this size.
    return np.asarray(face + np.einsum("c,cpx->px", change, face_model().modes))


def neutral_controls(controls: Controls) -> Controls:
    """Estimate the controls that the same person shows at rest, lips closed, by ridge regression."""
    return np.append(controls, 1.0) @ face_model().neutral


def neutral_face(face: Face) -> Face:
    """Estimate the same person's face at rest from one face of any expression."""
    controls = measure_controls(face)
    return change_expression(face, neutral_controls(controls) - controls)
