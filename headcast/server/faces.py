"""A photo in, where its face is and what to say of it out; a motion in, a small moving drawing of it out."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
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
    OUTER_LIPS,
    PAPER_LEFT_BROW,
    PAPER_NOSE_BRIDGE,
    PAPER_NOSTRILS,
    PAPER_RIGHT_BROW,
    RIGHT_EYE,
)
from headcast.media.images import read_image
from headcast.personalization.coach import LEAST_LIGHT
from headcast.personalization.photo_features import measure_photo
from headcast.reenact.sitter import DEFAULT_MAX_SIDE, sitter_of
from headcast.server.models import FaceAnswer
from headcast.tracking.crop import head_crop
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks, Motion
from headcast.warping.draw import draw_landmark_image

LINES: Final = (
    *((*ring, ring[0]) for ring in (FACE_OVAL, RIGHT_EYE, LEFT_EYE, OUTER_LIPS, INNER_LIPS)),
    PAPER_RIGHT_BROW,
    PAPER_LEFT_BROW,
    PAPER_NOSE_BRIDGE,
    PAPER_NOSTRILS,
)
SMALL_FACE: Final = 90.0  # pixels across: the model's frame shows about 120
LARGE_TURN: Final = 0.45  # radians, from which on the far side must be invented
_PREVIEW_SIZE: Final = 160
_PREVIEW_FRAMES: Final = 48


def look_at(path: Path, scale: float) -> FaceAnswer:
    """Find the face of a photo; where there is none, the average face in the middle, to be put in place by hand."""
    photo = read_image(path, DEFAULT_MAX_SIDE)
    size = (photo.shape[1], photo.shape[0])
    try:
        landmarks, found = find_face(photo, "this photo"), True
        advice = _advice(photo, landmarks, scale)
    except FaceError as error:
        landmarks, found = average_face(size), False
        advice = [str(error).partition(";")[0]]
    box = head_crop(landmarks, size, scale)
    return FaceAnswer(
        found=found,
        size=size,
        box=(box.left, box.top, box.width, box.height),
        handles={name: _place(landmarks, number) for name, number in HANDLES.items()},
        lines=[[list(_place(landmarks, number)) for number in line] for line in LINES],
        advice=advice,
    )


def _advice(photo: Image, landmarks: Landmarks, scale: float) -> list[str]:
    """Say what could be better about one photo."""
    features = measure_photo(sitter_of(photo, landmarks, scale=scale))
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


@lru_cache(maxsize=16)
def preview_of(motion: str | Path) -> bytes:
    """A small moving drawing, WebP, of a built-in motion or of a motion file."""
    return _drawn(builtin_motion(str(motion)) if motion in builtin_motion_names() else load_motion(Path(motion)))


def _drawn(motion: Motion) -> bytes:
    step = max(1, len(motion) // _PREVIEW_FRAMES)
    seconds = float(motion.times[-1] - motion.times[0]) / max(len(motion) - 1, 1) * step
    side = max(motion.image_size)
    pictures = []
    for landmarks in motion.landmarks[::step]:
        drawn = draw_landmark_image(landmarks * np.float32(2 * _PREVIEW_SIZE / side), 2 * _PREVIEW_SIZE)
        small = cv2.resize(drawn, (_PREVIEW_SIZE, _PREVIEW_SIZE), interpolation=cv2.INTER_AREA)
        pictures.append(Pillow.fromarray(np.asarray(small, np.uint8)))
    file = io.BytesIO()
    duration = max(20, round(1000 * seconds))
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:], duration=duration, loop=0, quality=60, method=0
    )
    return file.getvalue()
