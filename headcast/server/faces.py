"""A photo in, where its face is and what to say of it out; a motion in, a small moving drawing of it out."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from headcast.errors import FaceError
from headcast.geometry.builtin import builtin_motion, builtin_motion_names
from headcast.geometry.motion import load_motion
from headcast.geometry.place import HANDLES, average_face
from headcast.geometry.pose import fit_pose, rotation_vector
from headcast.geometry.topology import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    OUTER_LIPS,
    PAPER_LEFT_BROW,
    PAPER_NOSE_BRIDGE,
    PAPER_NOSTRILS,
    PAPER_RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from headcast.media.images import read_image
from headcast.personalization.coach import LEAST_LIGHT
from headcast.personalization.photo_features import measure_photo
from headcast.reenact.sitter import DEFAULT_MAX_SIDE, Sitter, sitter_of
from headcast.server.models import FaceAnswer
from headcast.tracking.crop import head_crop, landmarks_to_image
from headcast.tracking.track import find_face
from headcast.types import Box, Landmarks, Motion

LINES: Final = (
    *((*ring, ring[0]) for ring in (FACE_OVAL, RIGHT_EYE, LEFT_EYE, OUTER_LIPS, INNER_LIPS)),
    PAPER_RIGHT_BROW,
    PAPER_LEFT_BROW,
    PAPER_NOSE_BRIDGE,
    PAPER_NOSTRILS,
)
SMALL_FACE: Final = 90.0  # pixels across: the model's frame shows about 120
LARGE_TURN: Final = 0.45  # radians, from which on the far side must be invented
_PREVIEW_SIZE: Final = 200  # pixels
_MARGIN: Final = 1.15  # of the place that the face takes in all its movement
_INK: Final = (24, 158, 142)
_FRACTION_BITS: Final = 4
_PREVIEW_FRAMES: Final = 48


def look_at(path: Path, scale: float) -> FaceAnswer:
    """Find the face of a photo; where there is none, the average face in the middle, to be put in place by hand."""
    photo = read_image(path, DEFAULT_MAX_SIDE)
    size = (photo.shape[1], photo.shape[0])
    try:
        landmarks = find_face(photo, "this photo")
    except FaceError as error:
        landmarks = average_face(size)
        return _answer(landmarks, head_crop(landmarks, size, scale), size, [str(error).partition(";")[0]], found=False)
    return face_of(sitter_of(photo, landmarks, scale=scale))


def face_of(sitter: Sitter) -> FaceAnswer:
    """Where the face of somebody who is ready is, in pixels of the photo that moves."""
    landmarks = landmarks_to_image(sitter.shot.landmarks, sitter.box, sitter.shot.image.shape[0])
    height, width = sitter.photo.shape[:2]
    return _answer(landmarks, sitter.box, (width, height), _advice(sitter, landmarks), found=True)


def _answer(landmarks: Landmarks, box: Box, size: tuple[int, int], advice: list[str], *, found: bool) -> FaceAnswer:
    return FaceAnswer(
        found=found,
        size=size,
        box=(box.left, box.top, box.width, box.height),
        handles={name: _place(landmarks, number) for name, number in HANDLES.items()},
        lines=[[list(_place(landmarks, number)) for number in line] for line in LINES],
        advice=advice,
    )


def _advice(sitter: Sitter, landmarks: Landmarks) -> list[str]:
    """Say what could be better about one photo."""
    features = measure_photo(sitter)
    turn = rotation_vector(fit_pose(landmarks).rotation)
    advice = []
    if features.size < SMALL_FACE:
        advice.append(f"The face is small ({features.size:.0f} pixels across): a closer photo shows more.")
    elif features.detail < 0.6 * min(features.size, 2 * SMALL_FACE):
        advice.append("The photo is a little blurred: a sharper one shows more.")
    if features.light < LEAST_LIGHT:
        advice.append("The photo is dark: take one in more light.")
    if abs(turn[1]) > LARGE_TURN:
        advice.append("The head is turned far: the other side has to be invented. A straighter photo moves better.")
    if "closed eyes" in features.shows:
        advice.append("The eyes are closed: what they look like is invented.")
    if "open mouth" not in features.shows:
        advice.append("The mouth is closed: teeth are invented. A second photo with an open mouth shows the true ones.")
    return advice


def _place(landmarks: Landmarks, number: int) -> tuple[float, float]:
    return round(float(landmarks[number, 0]), 1), round(float(landmarks[number, 1]), 1)


@lru_cache(maxsize=32)
def preview_of(motion: str | Path, *, still: bool = False) -> bytes:
    """A small moving drawing, WebP, of a built-in motion or of a motion file; or its moment of largest movement."""
    known = builtin_motion(str(motion)) if motion in builtin_motion_names() else load_motion(Path(motion))
    if still:
        largest = int(np.abs(known.landmarks - known.landmarks[0]).mean(axis=(1, 2)).argmax())
        known = Motion(known.landmarks[largest:][:1], known.times[:1], known.image_size, known.found[:1])
    return _drawn(known)


def _drawn(motion: Motion) -> bytes:
    step = max(1, len(motion) // _PREVIEW_FRAMES)
    seconds = float(motion.times[-1] - motion.times[0]) / max(len(motion) - 1, 1) * step
    places = motion.landmarks[::step, :, :2]
    low, high = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    scale = _PREVIEW_SIZE / (_MARGIN * float((high - low).max()))
    shift = _PREVIEW_SIZE / 2 - scale * (low + high) / 2
    pictures = [_drawing(scale * face + shift) for face in places]
    file = io.BytesIO()
    duration = max(20, round(1000 * seconds))
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:], duration=duration, loop=0, quality=60, method=0
    )
    return file.getvalue()


def _drawing(face: NDArray[np.float32]) -> Pillow.Image:
    """Draw a face (478, 2) in lines of one colour on nothing, which suits a light page and a dark one."""
    alpha = np.zeros((_PREVIEW_SIZE, _PREVIEW_SIZE), np.uint8)
    fine = 1 << _FRACTION_BITS
    for line in LINES:
        points = np.round(face[list(line)] * fine).astype(np.int32)
        cv2.polylines(alpha, [points], False, (255,), 2, cv2.LINE_AA, _FRACTION_BITS)
    for iris in (RIGHT_IRIS, LEFT_IRIS):
        x, y = face[iris[0]].tolist()
        cv2.circle(
            alpha,
            (round(x * fine), round(y * fine)),
            round(0.022 * _PREVIEW_SIZE * fine),
            (255,),
            -1,
            cv2.LINE_AA,
            _FRACTION_BITS,
        )
    return Pillow.fromarray(np.dstack([np.full((*alpha.shape, 3), _INK, np.uint8), alpha]))
