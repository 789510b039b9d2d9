"""VoxCeleb1 and VoxCeleb2's names and annotations in; who speaks in which clip, and the speaker's face, out.

Released clips lie at `.../idXXXXX/VIDEO/NNNNN.mp4`, cropped around the speaker; annotations at
`.../idXXXXX/VIDEO/NNNNN.txt`, with the speaker's box in each frame of the original video, at 25 frames a second. Where
the clip is missing and the original `VIDEO.mp4` is there, the annotation says what to cut from it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.tracking.track import FaceTracker, track_video
from headcast.types import Frame, Image, Landmarks

ANNOTATION_RATE: Final = 25  # frames a second

_NAME: Final = re.compile(r"(?:.*/)?(?P<identity>id\d{5})/(?P<video>[\w-]{5,20})/(?P<clip>\d{5})\.\w+")
_REFERENCE_LINES: Final = 360  # VoxCeleb1's boxes are pixels of pictures of so many lines
_MAX_NUMBER: Final = 1e7  # of frames or pixels: four days, or a box far outside of any picture
_MARGIN: Final = 0.5  # of the box's sides, around it, in which the face is looked for

# The people of both test sets.
_TEST_1: Final = frozenset(f"id{number}" for number in range(10270, 10310))
_TEST_2: Final = frozenset(
    f"id{number}"
    for number in re.findall(
        r"\d+",
        """
    00017 00061 00081 00154 00419 00562 00812 00817 00866 00926 01000 01041 01066 01106 01224 01228 01298 01333 01437
    01460 01509 01541 01567 01593 01618 01822 01892 01989 02019 02057 02086 02181 02286 02317 02445 02465 02542 02548
    02576 02577 02685 02725 02745 03030 03041 03127 03178 03347 03382 03524 03677 03789 03839 03862 03969 03978 03980
    03981 04006 04030 04094 04119 04232 04253 04276 04295 04366 04478 04536 04570 04627 04656 04657 04862 04950 05015
    05055 05124 05176 05202 05459 05594 05654 05714 05816 05850 05999 06104 06209 06310 06484 06692 06811 06816 06913
    07312 07354 07396 07414 07426 07494 07620 07621 07663 07802 07868 07874 07961 08149 08374 08392 08456 08548 08552
    08696 08701 08911 09017
    """,
    )
)


@dataclass(frozen=True)
class Utterance:
    """Which clip of which video of which person a file belongs to."""

    identity: str
    video: str
    clip: str


@dataclass(frozen=True)
class Annotation:
    """Where the speaker is in the original video.

    `numbers` (N,) of frames at 25 a second, increasing; `boxes` (N, 4): left, top, width, height, in shares of the
    picture or, `in_pixels`, for a picture of 360 lines.
    """

    numbers: NDArray[np.int64]
    boxes: NDArray[np.float64]
    in_pixels: bool

    @property
    def start(self) -> Fraction:
        """Seconds into the original video."""
        return Fraction(int(self.numbers[0]), ANNOTATION_RATE)

    @property
    def end(self) -> Fraction:
        """Seconds into the original video."""
        return Fraction(int(self.numbers[-1]), ANNOTATION_RATE)

    def box(self, time: Fraction, image: Image) -> NDArray[np.float64]:
        """Return left, top, width and height (4,) in pixels of an image shown at `time` of the original video."""
        nearest = int(np.abs(self.numbers - round(time * ANNOTATION_RATE)).argmin())
        height, width = image.shape[:2]
        scale = height / _REFERENCE_LINES
        units = np.full(4, scale) if self.in_pixels else np.array([width, height, width, height], np.float64)
        return np.asarray(self.boxes[nearest] * units)


def utterance_of(name: str) -> Utterance | None:
    """Read a file's path inside VoxCeleb; None where it does not lie there as released."""
    match = _NAME.fullmatch(name)
    return Utterance(match["identity"], match["video"], match["clip"]) if match else None


def is_test_identity(identity: str) -> bool:
    """Tell whether a person belongs to the test set of VoxCeleb1 or VoxCeleb2."""
    return identity in _TEST_1 or identity in _TEST_2


def read_annotation(text: str, name: str) -> Annotation:
    """Read an annotation file; DataError, naming it, where it is none."""
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if line.split() == ["FRAME", "X", "Y", "W", "H"]]
    try:
        rows = np.array([line.split() for line in lines[heads[0] + 1 :] if line.strip()], np.float64)
        sound = rows.shape[1] == 5 and bool((np.abs(rows) <= _MAX_NUMBER).all() and (np.diff(rows[:, 0]) >= 1).all())
        numbers, boxes = np.where(sound, rows[:, 0], 0).astype(np.int64), rows[:, 1:]
        sound = sound and bool((numbers >= 0).all() and (boxes[:, 2:] > 0).all())
    except (IndexError, ValueError):
        sound = False
    if not sound:
        raise DataError(f"{name} is no annotation of VoxCeleb; expected rows of FRAME, X, Y, W, H below such a line")
    return Annotation(numbers, boxes, in_pixels=bool(boxes[:, 2:].max() > 2))


def track_annotated(
    frames: Iterable[Frame], annotation: Annotation, start: Fraction
) -> Iterator[tuple[Frame, Landmarks | None]]:
    """Yield frames with the landmarks of the speaker, None where none is seen inside the box.

    The first frame of the video was shown at `start` of the original one. Square pictures are released crops, with the
    speaker in the middle, to which the boxes do not belong.
    """
    remaining = iter(frames)
    for first in remaining:
        whole = chain([first], remaining)
        if first.image.shape[0] == first.image.shape[1]:
            yield from track_video(whole)
        else:
            yield from _track_in_boxes(whole, annotation, start)


def _track_in_boxes(
    frames: Iterable[Frame], annotation: Annotation, start: Fraction
) -> Iterator[tuple[Frame, Landmarks | None]]:
    with closing(FaceTracker()) as tracker:
        for frame in frames:
            left, top, width, height = annotation.box(start + frame.time, frame.image)
            low = np.floor([left - _MARGIN * width, top - _MARGIN * height]).astype(int).clip(0)
            high = np.ceil([left + (1 + _MARGIN) * width, top + (1 + _MARGIN) * height]).astype(int)
            window = frame.image[low[1] : max(high[1], low[1]), low[0] : max(high[0], low[0])]
            face = tracker.track(window) if window.size else None
            if face is not None:
                face = face + np.array([*low, 0], np.float32)
                inside = np.abs(face[:, :2].mean(0) - [left + width / 2, top + height / 2]) < [width / 2, height / 2]
                face = face if inside.all() else None
            yield frame, face
