"""Pictures in, one person's landmarks out: a photo's largest face, or one face followed through a video."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headcast.errors import FaceError
from headcast.files import PathLike
from headcast.geometry.measures import face_size
from headcast.media.video import open_video
from headcast.tracking.crop import crop_image, landmarks_to_image
from headcast.tracking.mediapipe_graphs import FaceMesh
from headcast.tracking.search import clear_face, largest_face
from headcast.types import Box, Frame, Image, Landmarks

MIN_FACE_SIZE: Final = 40
"""Pixels, chin to forehead, below which a photo's face has too little detail to be animated."""

_MAX_FACES_VIDEO: Final = 3  # each face more than one costs a millisecond per frame; passers-by need not all be seen

_WINDOW_SIZE: Final = 3.0  # face sizes
_WINDOW_PIXELS: Final = 384
_MIN_OVERLAP: Final = 0.1  # intersection over union with the last position
_PATIENCE: Final = 15  # frames for which only a face near the last position counts as the lost one
_SEARCH_EVERY: Final = 15  # frames without a face between two searches, which take long
_MAX_JUMP: Final = 1.0  # face sizes, and e-folds of size, that count as near


class Tracker(Protocol):
    """Finds the same person in one image after another."""

    def track(self, image: Image) -> Landmarks | None:
        """Return the followed person's landmarks in pixels of `image`, None where the face is not seen."""

    def close(self) -> None:
        """Release what the tracker holds."""


class MediaPipeTracker:
    """Follows the largest face of the first image that has one, through others passing and gaps; 3 ms an image.

    A face too small or too large to be found in the whole image is followed in a window around it.
    """

    def __init__(self) -> None:
        self._mesh = FaceMesh(_MAX_FACES_VIDEO, detection_confidence=0.5)
        self._window: Box | None = None
        self._last: Landmarks | None = None
        self._num_missed = 0

    def track(self, image: Image) -> Landmarks | None:
        """Return the followed person's landmarks, None where the face is not seen; ValueError for a wrong array."""
        _check_image(image)
        face = self._choose(self._look(image))
        if face is None:
            seen_through, self._window = self._window, self._next_window(image)
            face = self._choose(self._look(image)) if self._window != seen_through else None
        if face is None:
            self._num_missed += 1
            return None
        if self._window is not None and not _is_central(face, self._window):
            self._window = _window_around(face)
        self._last, self._num_missed = face, 0
        return face

    def close(self) -> None:
        """Stop MediaPipe's threads."""
        self._mesh.close()

    def _look(self, image: Image) -> list[Landmarks]:
        if self._window is None:
            return self._mesh(image)
        faces = self._mesh(crop_image(image, self._window, _WINDOW_PIXELS))
        return [landmarks_to_image(face, self._window, _WINDOW_PIXELS) for face in faces]

    def _next_window(self, image: Image) -> Box | None:
        """Where to look for a face that was not seen: for a while near its last place, then everywhere."""
        if self._last is not None and self._num_missed < _PATIENCE:
            return _window_around(self._last)
        return _window_around(clear_face(image)) if self._num_missed % _SEARCH_EVERY == 0 else None

    def _choose(self, faces: list[Landmarks]) -> Landmarks | None:
        if not faces:
            return None
        if self._last is None:
            return max(faces, key=face_size)
        last = self._last
        best = max(faces, key=lambda face: _overlap(face, last))
        if _overlap(best, last) >= _MIN_OVERLAP:
            return best
        nearest = min(faces, key=lambda face: _distance(face, last))
        is_near = _distance(nearest, last) <= _MAX_JUMP
        return nearest if is_near or self._num_missed >= _PATIENCE else None


def track_video(
    source: PathLike | Iterable[Frame], tracker: Tracker | None = None
) -> Iterator[tuple[Frame, Landmarks | None]]:
    """Yield each frame of a video file, or of frames in order, with the followed person's landmarks.

    None stands where the face is not seen (`fill_gaps` fills it in). One frame is held at a time; a tracker that was
    passed in stays open.

    for frame, landmarks in track_video("speech.mp4"):
        ...
    """
    if isinstance(source, str | Path):
        with open_video(source) as video:
            yield from track_video(video, tracker)
    elif tracker is None:
        with closing(MediaPipeTracker()) as own:
            yield from track_video(source, own)
    else:
        for frame in source:
            yield frame, tracker.track(frame.image)


def find_face(image: Image, name: PathLike = "the picture") -> Landmarks:
    """Return the landmarks of the largest face in a photo or painting.

    FaceError, naming the picture, where there is none or it is too small.
    """
    _check_image(image)
    face = largest_face(image)
    if face is None:
        height, width = image.shape[:2]
        raise FaceError(f"no face in {name} ({width}x{height} px); use a photo in which eyes, nose and mouth are seen")
    size = face_size(face)
    if size < MIN_FACE_SIZE:
        raise FaceError(
            f"no face in {name} (largest candidate {size:.0f} px, need {MIN_FACE_SIZE}); use a closer photo"
        )
    return face


def fill_gaps(landmarks: Sequence[Landmarks | None]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return landmarks (N, 478, 3) for every frame and where they were found (N,).

    Gaps are crossed in a straight line, both ends are held. FaceError if no frame has a face.
    """
    found = np.array([points is not None for points in landmarks], dtype=np.bool_)
    seen = np.flatnonzero(found)
    if not len(seen):
        raise FaceError(
            f"no face in any of {len(landmarks)} frames; use a video in which eyes, nose and mouth are seen"
        )
    known = np.stack([points for points in landmarks if points is not None])
    place = np.interp(np.arange(len(landmarks)), seen, np.arange(len(seen)))
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(seen) - 1)
    share = (place - before).astype(np.float32)[:, None, None]
    return known[before] * (1 - share) + known[after] * share, found


def _window_around(face: Landmarks | None) -> Box | None:
    if face is None:
        return None
    side = _WINDOW_SIZE * face_size(face)
    left, top = face[:, :2].mean(axis=0) - side / 2
    return Box(float(left), float(top), side, side)


def _is_central(face: Landmarks, window: Box) -> bool:
    """Tell whether a face is still well inside its window and fills enough of it."""
    middle = face[:, :2].mean(axis=0) - [window.left + window.width / 2, window.top + window.height / 2]
    return bool(np.abs(middle).max() < window.width / 6 and 0.7 < _WINDOW_SIZE * face_size(face) / window.width < 1.5)


def _overlap(a: Landmarks, b: Landmarks) -> float:
    """Intersection over union of the boxes around two faces."""
    low_a, high_a, low_b, high_b = (f(face[:, :2], axis=0) for face in (a, b) for f in (np.min, np.max))
    common = float(np.prod(np.maximum(np.minimum(high_a, high_b) - np.maximum(low_a, low_b), 0)))
    return common / float(np.prod(high_a - low_a) + np.prod(high_b - low_b) - common)


def _distance(a: Landmarks, b: Landmarks) -> float:
    """How far apart two faces are in place (in sizes of `b`) and size (in e-folds), whichever is larger."""
    step = float(np.linalg.norm((a - b)[:, :2].mean(axis=0))) / face_size(b)
    return max(step, abs(float(np.log(face_size(a) / face_size(b)))))


def _check_image(image: Image) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"an image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
