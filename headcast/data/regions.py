"""A frame with landmarks in, the parts of it that a loss or a judge looks at out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import eye_distance
from headcast.geometry.topology import FACE_OVAL, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from headcast.types import Landmarks, Mask, Shot

MOUTH, EYES, FACE, PERSON, BACKGROUND = 8.0, 6.0, 2.0, 1.2, 0.3
MOUTH_ASPECT, EYES_ASPECT = 96 / 64, 112 / 48  # width over height of the boxes


def region_weights(target: Shot) -> Mask:
    """Return how much (H, W) each pixel of a target matters: most in mouth and eyes, least in the background."""
    size = target.image.shape[0]
    weights = BACKGROUND + (PERSON - BACKGROUND) * target.matte
    for ring, value, grow in (
        (FACE_OVAL, FACE, 0.0),
        (LEFT_EYE, EYES, 0.05),
        (RIGHT_EYE, EYES, 0.05),
        (OUTER_LIPS, MOUTH, 0.04),
    ):
        mask = np.zeros((size, size), np.uint8)
        points = np.round(target.landmarks[list(ring), :2] * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], (1,), cv2.LINE_8, 4)
        radius = round(grow * size)
        if radius:
            mask = np.asarray(cv2.dilate(mask, np.ones((radius, radius), np.uint8)), np.uint8)
        weights = np.where(mask > 0, value, weights)
    return np.asarray(cv2.blur(weights.astype(np.float32), (5, 5)), np.float32)


def mouth_loss_box(landmarks: Landmarks) -> NDArray[np.float32]:
    """Return left, top, width and height (4,) of a box around the mouth, its size set by the face, not the opening."""
    return _box(landmarks[list(OUTER_LIPS), :2], 1.5 * eye_distance(landmarks), MOUTH_ASPECT)


def eyes_loss_box(landmarks: Landmarks) -> NDArray[np.float32]:
    """Return left, top, width and height (4,) of a box around both eyes."""
    return _box(landmarks[[*RIGHT_EYE, *LEFT_EYE], :2], 2.1 * eye_distance(landmarks), EYES_ASPECT)


def _box(points: NDArray[np.float32], width: float, aspect: float) -> NDArray[np.float32]:
    middle = (points.min(0) + points.max(0)) / 2
    return np.array([middle[0] - width / 2, middle[1] - width / aspect / 2, width, width / aspect], np.float32)
