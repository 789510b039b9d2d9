"""A picture in, the largest face in it out, be it tightly cropped, small or painted."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import cv2
import numpy as np

from headcast.geometry.measures import face_size
from headcast.tracking.crop import crop_image, landmarks_to_image
from headcast.tracking.mediapipe_graphs import FaceMesh
from headcast.types import Box, Image, Landmarks

_CONFIDENCES: Final = (0.5, 0.1)  # paintings and covered faces need the lower one
_MAX_FACES: Final = 8
_MIN_PART: Final = 96  # pixels; in a smaller part any face is too small

# Of real and painted faces a second look, 2.5 faces wide, is sure and differs by 0.01 of the face's size; of patterns
# that looked like faces it is not sure, or differs by 0.05 and more.
_CLOSE_VIEW: Final = 2.5
_CLOSE_VIEW_SIZE: Final = 384
_MAX_DISAGREEMENT: Final = 0.03

_View = tuple[int, int, Image]  # left, top and pixels of a part of a picture; a margin starts at negative places


def largest_face(image: Image) -> Landmarks | None:
    """Return the landmarks of the largest face, None where there is none.

    Looks at the whole picture, then with a margin (for tight crops), then at ever smaller parts (for small faces),
    first for clear faces, then for any; what a closer look does not confirm is no face.
    """
    for confidence in _CONFIDENCES:
        face = _first_confirmed(image, confidence, (_whole, _with_margin, _halves, _quarters))
        if face is not None:
            return face
    return None


def clear_face(image: Image) -> Landmarks | None:
    """Return a clear face that is too large or too small to be found in the whole image, in a fifth of a second."""
    return _first_confirmed(image, _CONFIDENCES[0], (_with_margin, _halves))


def _first_confirmed(
    image: Image, confidence: float, ways: tuple[Callable[[Image], Iterator[_View]], ...]
) -> Landmarks | None:
    for views in ways:
        candidates = [
            face + np.array([left, top, 0], np.float32)
            for left, top, view in views(image)
            for face in _faces_in(view, confidence)
        ]
        for candidate in sorted(candidates, key=face_size, reverse=True):
            face = _look_closely(image, candidate)
            if face is not None:
                return face
    return None


def _faces_in(image: Image, confidence: float) -> list[Landmarks]:
    with closing(FaceMesh(_MAX_FACES, confidence)) as mesh:
        # Each pass starts from the landmarks of the one before, as in a video; the third hardly moves.
        for _ in range(2):
            if not mesh(image):
                return []
        return mesh(image)


def _look_closely(image: Image, candidate: Landmarks) -> Landmarks | None:
    """Return the face as seen when it fills the view; None if there is no clear face, or not the same."""
    size = face_size(candidate)
    side = _CLOSE_VIEW * size
    left, top = candidate[:, :2].mean(axis=0) + 0.5 - side / 2
    box = Box(float(left), float(top), side, side)
    faces = _faces_in(crop_image(image, box, _CLOSE_VIEW_SIZE), _CONFIDENCES[0])
    for face in (landmarks_to_image(face, box, _CLOSE_VIEW_SIZE) for face in faces):
        if np.linalg.norm((face - candidate)[:, :2], axis=1).mean() < _MAX_DISAGREEMENT * size:
            return face
    return None


def _whole(image: Image) -> Iterator[_View]:
    yield 0, 0, image


def _with_margin(image: Image) -> Iterator[_View]:
    margin = max(image.shape[:2]) // 2
    padded = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    yield -margin, -margin, np.asarray(padded, np.uint8)


def _halves(image: Image) -> Iterator[_View]:
    return _parts(image, 2)


def _quarters(image: Image) -> Iterator[_View]:
    return _parts(image, 4)


def _parts(image: Image, divisor: int) -> Iterator[_View]:
    """Yield overlapping parts, each the picture's size / `divisor`, half such a part apart."""
    height, width = image.shape[0] // divisor, image.shape[1] // divisor
    if min(height, width) < _MIN_PART:
        return
    for row in range(2 * divisor - 1):
        for column in range(2 * divisor - 1):
            top, left = row * height // 2, column * width // 2
            yield left, top, image[top : top + height, left : left + width]
