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
from headcast.media.planes import Picture, Planes, whole
from headcast.media.video import open_video
from headcast.tracking.follow import Face, FaceFollower, distance
from headcast.tracking.looks import SteadyLooks
from headcast.tracking.search import (
    View,
    clear_face,
    endless_views,
    face_in_view,
    face_near,
    largest_face,
    righted_face,
)
from headcast.types import Frame, Image, Landmarks

MIN_FACE_SIZE: Final = 40
"""Pixels, chin to forehead, below which a photo's face has too little detail to be animated."""

_MAX_FACES_VIDEO: Final = 3  # each face more than one costs a millisecond per frame; passers-by need not all be seen
_PATIENCE: Final = 15  # frames for which only a face near the last position counts as the lost one
_MAX_JUMP: Final = 1.0  # face sizes, and e-folds of size, that count as near


class Tracker(Protocol):
    """Finds the same person in one image after another."""

    def track(self, image: Image) -> Landmarks | None:
        """Return the followed person's landmarks in pixels of `image`, None where the face is not seen."""

    def close(self) -> None:
        """Release what the tracker holds."""


class FaceTracker:
    """Follows the largest face of the first image that has one, through others passing and gaps.

    A lost face is looked for near its last place, then in one further part of each image: no image takes much longer
    than another.
    """

    def __init__(self) -> None:
        self._follower = FaceFollower(_MAX_FACES_VIDEO, far=False)
        self._looks = SteadyLooks()
        self._last: Face | None = None
        self._newest = -1  # the highest number among the faces that were seen beside the followed one
        self._num_missed = 0
        self._views: Iterator[View] | None = None
        self._views_size = (0, 0)

    def track(self, image: Picture) -> Landmarks | None:
        """Return the followed person's landmarks, None where the face is not seen; ValueError for a wrong array."""
        if not isinstance(image, Planes):
            _check_image(image)
        face = self._choose(self._follower(image))
        if face is not None and self._last is None:
            face = self._righted(whole(image), face)
        if face is None:
            found = self._search(whole(image))
            face = None if found is None else self._choose([self._follower.add(found)])
        if face is None:
            self._num_missed += 1
            self._looks.reset()
            return None
        if self._last is not None and face.identity != self._last.identity:
            self._looks.reset()
        self._last, self._num_missed, self._views = face, 0, None
        self._newest = max(self._newest, self._follower.newest)
        return self._looks(image, face.landmarks)

    def close(self) -> None:
        """Nothing is held beyond memory."""

    def _righted(self, image: Image, face: Face) -> Face:
        """Take the first face the right way up: in a turned video, too, a face may be found that seems upright."""
        landmarks = righted_face(image, face.landmarks)
        if landmarks is face.landmarks:
            return face
        self._follower.reset()
        return self._follower.add(landmarks)

    def _search(self, image: Image) -> Landmarks | None:
        """Look for a face that was not seen: at first anywhere, then for a while near its last place, then in turns."""
        if self._last is None and self._num_missed == 0:
            return clear_face(image)
        if self._last is not None and self._num_missed < _PATIENCE:
            return face_near(image, self._last.landmarks)
        size = (image.shape[1], image.shape[0])
        if self._views is None or self._views_size != size:
            self._views, self._views_size = endless_views(size), size
        return face_in_view(image, next(self._views))

    def _choose(self, faces: list[Face]) -> Face | None:
        """Return the followed face; for a while after it was lost, nobody who is far off or stood beside it."""
        if self._last is None or not faces:
            return max(faces, key=lambda face: face_size(face.landmarks), default=None)
        last = self._last
        nearest = min(
            faces, key=lambda face: (face.identity != last.identity, distance(face.landmarks, last.landmarks))
        )
        if nearest.identity == last.identity or self._num_missed >= _PATIENCE:
            return nearest
        is_near = distance(nearest.landmarks, last.landmarks) <= _MAX_JUMP
        return nearest if is_near and nearest.identity > self._newest else None


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
        with closing(FaceTracker()) as own:
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
    return SteadyLooks()(image, face)


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


def _check_image(image: Image) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"an image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
