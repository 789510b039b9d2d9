"""One picture of a person in, what the photo coach compares out: detail, likeness, pose, expression, pixels."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import face_size
from headcast.geometry.pose import Controls, fit_pose, measure_controls, neutral_controls, remove_pose, rotation_vector
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop, landmarks_to_image
from headcast.tracking.likeness import likeness
from headcast.tracking.quality import sharpness
from headcast.types import Image, Landmarks

_CROP_SIZE: Final = 256  # pixels, for likeness
_SMALL_SIZE: Final = 64  # pixels, for equal pictures

_OPEN_LIPS: Final = 0.08  # eye distances: teeth are seen
_TURN: Final = 0.2  # radians
_CLOSED_LIDS: Final = 0.5  # of this person's opening at rest

OPEN_MOUTH, LEFT_TURN, RIGHT_TURN, CLOSED_EYES = "open mouth", "left turn", "right turn", "closed eyes"
WANTED: Final = (OPEN_MOUTH, LEFT_TURN, RIGHT_TURN, CLOSED_EYES)
"""What one straight, resting face does not show; left and right are the person's own."""


@dataclass(frozen=True)
class PhotoFeatures:
    """What one photo shows: `size` and `detail` in pixels across the face, `shows` some of WANTED.

    `vector` (64,) tells people apart; `pixels` (64 * 64,) have mean 0 and length 1; `points` (478, 2) are in per cent
    of the head crop; `rotation` (3, 3) and `controls` (8,) are those of geometry/pose.py.
    """

    size: float
    detail: float
    vector: NDArray[np.float64]
    pixels: NDArray[np.float64]
    points: NDArray[np.float64]
    rotation: NDArray[np.float64]
    controls: Controls
    shows: tuple[str, ...]
    light: float = 255.0  # levels that a tenth of the head crop reaches or exceeds, 0..255


def measure_photo(sitter: Sitter) -> PhotoFeatures:
    """Measure one picture, at its own size."""
    photo = sitter.photo
    landmarks = landmarks_to_image(sitter.shot.landmarks, sitter.box, sitter.shot.image.shape[0])
    box = head_crop(landmarks)
    crop, in_crop = crop_image(photo, box, _CROP_SIZE), crop_landmarks(landmarks, box, _CROP_SIZE)
    pose = fit_pose(landmarks)
    controls = measure_controls(remove_pose(landmarks, pose))
    return PhotoFeatures(
        size=face_size(landmarks),
        detail=sharpness(photo, landmarks),
        vector=likeness(crop, in_crop),
        pixels=_small(crop),
        points=100.0 / _CROP_SIZE * _centred(in_crop),
        rotation=pose.rotation,
        controls=controls,
        shows=_shows(rotation_vector(pose.rotation), controls),
        light=float(np.percentile(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), 90)),
    )


def _shows(turn: NDArray[np.float64], controls: Controls) -> tuple[str, ...]:
    seen = {
        OPEN_MOUTH: controls[0] > _OPEN_LIPS,
        LEFT_TURN: turn[1] < -_TURN,  # about the axis that points down
        RIGHT_TURN: turn[1] > _TURN,
        CLOSED_EYES: controls[4:6].mean() < _CLOSED_LIDS * neutral_controls(controls)[4:6].mean(),
    }
    return tuple(name for name in WANTED if seen[name])


def _small(crop: Image) -> NDArray[np.float64]:
    grey = cv2.cvtColor(cv2.resize(crop, (_SMALL_SIZE,) * 2, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    pixels = grey.astype(np.float64).ravel()
    pixels -= pixels.mean()
    return np.asarray(pixels / max(float(np.linalg.norm(pixels)), 1e-9))


def _centred(landmarks: Landmarks) -> NDArray[np.float64]:
    return np.asarray(landmarks[:, :2] - landmarks[:, :2].mean(axis=0), np.float64)
