"""A video or photo in, one tracked person's frames out, cut to one square and with the person's matte.

The square stands still around head and shoulders, so that what moves in the video moves in the frames.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import FaceError
from headcast.limits import MAX_CLIP_FRAMES, MAX_PHOTO_SIDE
from headcast.media.images import read_image
from headcast.media.video import VideoReader, open_video
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import frame_matte
from headcast.tracking.track import fill_gaps, find_face, track_video
from headcast.types import Box, Frame, Landmarks, Mask

FRAME_SIZE: Final = 256

TrackFrames = Callable[[Iterable[Frame]], Iterator[tuple[Frame, Landmarks | None]]]


@dataclass(frozen=True)
class Excerpt:
    """Which frames of a video: from `start` to `end` in seconds, at most `max_rate` a second, evenly."""

    start: Fraction = Fraction(0)
    end: Fraction | None = None
    max_rate: Fraction | None = None

    def rate(self, video: VideoReader) -> Fraction:
        """Frames a second of what is taken."""
        return video.rate / self._stride(video)

    def frames(self, video: VideoReader) -> Iterator[Frame]:
        """Yield the frames, MAX_CLIP_FRAMES at most."""
        within = (frame for frame in self._until_end(video) if frame.time >= self.start)
        return islice(within, 0, MAX_CLIP_FRAMES * self._stride(video), self._stride(video))

    def _stride(self, video: VideoReader) -> int:
        return ceil(video.rate / self.max_rate) if self.max_rate else 1

    def _until_end(self, video: VideoReader) -> Iterator[Frame]:
        for frame in video:
            if self.end is not None and frame.time > self.end:
                return
            yield frame


WHOLE: Final = Excerpt()


@dataclass(frozen=True)
class TrackedClip:
    """One person's frames (N, 256, 256, 3), cut to one square `box` of a picture of `image_size` (width, height).

    `mattes` (N, 256, 256) uint8 and `landmarks` (N, 478, 3) belong to the frames; `found` (N,) is False where the face
    was not seen and the landmarks are filled in; `rate` is in frames a second.
    """

    frames: NDArray[np.uint8]
    mattes: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    found: NDArray[np.bool_]
    rate: Fraction
    box: Box
    image_size: tuple[int, int]


def track_clip(source: Path, excerpt: Excerpt = WHOLE, track: TrackFrames = track_video) -> TrackedClip:
    """Track, cut and matte one video; FaceError where a face is seen in less than half of it.

    Reads the video twice, so that never more than one of its own frames is held.
    """
    with open_video(source) as video:
        rate, image_size = excerpt.rate(video), video.size
        tracked = [landmarks for _, landmarks in track(excerpt.frames(video))]
    if 2 * sum(landmarks is not None for landmarks in tracked) <= len(tracked):
        raise FaceError(f"a face is seen in less than half of {source}; leave this clip out")
    landmarks, found = fill_gaps(tracked)
    box = clip_box(landmarks, image_size)
    with open_video(source) as video:
        frames = np.stack([crop_image(frame.image, box, FRAME_SIZE) for frame in excerpt.frames(video)])
    return _cut(frames, landmarks, found, rate, box, image_size)


def track_photo(source: Path) -> TrackedClip:
    """Find the face of one photo and cut it as a clip of one frame; FaceError where there is none."""
    image = read_image(source, MAX_PHOTO_SIDE)
    landmarks = find_face(image, source)[None]
    image_size = (image.shape[1], image.shape[0])
    box = clip_box(landmarks, image_size)
    frames = crop_image(image, box, FRAME_SIZE)[None]
    return _cut(frames, landmarks, np.ones(1, np.bool_), Fraction(1), box, image_size)


def clip_box(landmarks: NDArray[np.float32], image_size: tuple[int, int]) -> Box:
    """Return one square for all frames (N, 478, 3): the usual head crop, pushed and shrunk into the image."""
    boxes = [head_crop(points, image_size) for points in landmarks[:: max(1, len(landmarks) // 20)]]
    side = min(float(np.median([box.width for box in boxes])), *map(float, image_size))
    corner = [
        float(np.clip(np.median(middles) - side / 2, 0, length - side))
        for middles, length in zip(
            ([b.left + b.width / 2 for b in boxes], [b.top + b.height / 2 for b in boxes]), image_size, strict=True
        )
    ]
    return Box(corner[0], corner[1], side, side)


def _cut(
    frames: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    found: NDArray[np.bool_],
    rate: Fraction,
    box: Box,
    image_size: tuple[int, int],
) -> TrackedClip:
    mattes = np.stack([_to_bytes(frame_matte(frame)) for frame in frames])
    inside = np.stack([crop_landmarks(points, box, FRAME_SIZE) for points in landmarks]).astype(np.float32)
    return TrackedClip(frames, mattes, inside, found, rate, box, image_size)


def _to_bytes(mask: Mask) -> NDArray[np.uint8]:
    return np.asarray(np.round(mask * 255), np.uint8)
