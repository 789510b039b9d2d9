"""Frames of a video in, one after another; driving landmarks for each of them out, gaps bridged and jitter taken out.

Sessions, `animate` and `headcast motion extract` all read a driver through this, so a motion is the same everywhere.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from headcast.geometry.measures import face_size
from headcast.geometry.smooth import Smoother
from headcast.tracking.track import Tracker
from headcast.types import Frame, Image, Landmarks

SAMPLE_SECONDS: Final = 6  # of a driver that are looked at, to find what its motion is measured from
MAX_BRIDGED: Final = 15  # frames; a longer loss of the face holds the last pose instead
CUT: Final = 0.25  # face sizes that landmarks move at a cut, at the mean


@dataclass(frozen=True)
class DrivingFrame:
    """Driving landmarks at a time in seconds, in the driver's own pixels; `image` is the frame, where there is one.

    `found` is False where the face was not seen and the landmarks are filled in.
    """

    time: Fraction
    landmarks: Landmarks
    image: Image | None = None
    found: bool = True


class MotionStream:
    """Follows one person through frames that are pushed in.

    A short gap is crossed in a straight line, so its frames wait for its end: at most MAX_BRIDGED. With `live` no frame
    waits; one without a face has the last pose. `first` stands for a face until one is seen; without it the frames
    before the first face wait for it, or have none if `live`.
    """

    def __init__(
        self,
        tracker: Tracker,
        *,
        smooth: bool = True,
        live: bool = False,
        first: Landmarks | None = None,
    ) -> None:
        self._tracker, self._live = tracker, live
        self._smooth = _CutAwareSmoother() if smooth else None
        self._last = first
        self._waiting: deque[tuple[Fraction, Image | None]] = deque()  # frames of a gap

    def push(self, frame: Frame) -> list[DrivingFrame]:
        """Follow the person into one more frame; return the frames whose landmarks are now sure, in order."""
        return self.add(frame.time, self._tracker.track(frame.image))

    def add(self, time: Fraction, landmarks: Landmarks | None, image: Image | None = None) -> list[DrivingFrame]:
        """Do the same with a frame that was tracked already; its `image` goes along."""
        return [self._smoothed(driving) for driving in self._bridged(time, landmarks, image)]

    def flush(self) -> list[DrivingFrame]:
        """Return the frames that wait, at the end of the video: they hold the last pose."""
        last, waiting = self._last, list(self._waiting)
        self._waiting.clear()
        return (
            [] if last is None else [self._smoothed(DrivingFrame(time, last, image, False)) for time, image in waiting]
        )

    def follow(self, frames: Iterable[Frame]) -> Iterator[DrivingFrame]:
        """Return the driving frames of a whole video."""
        for frame in frames:
            yield from self.push(frame)
        yield from self.flush()

    def _bridged(self, time: Fraction, landmarks: Landmarks | None, image: Image | None) -> list[DrivingFrame]:
        if landmarks is None:
            if self._live:
                return [] if self._last is None else [DrivingFrame(time, self._last, image, found=False)]
            self._waiting.append((time, image))
            if self._last is None or len(self._waiting) <= MAX_BRIDGED:
                return []
            held_time, held_image = self._waiting.popleft()
            return [DrivingFrame(held_time, self._last, held_image, found=False)]
        before = landmarks if self._last is None else self._last
        shares = [np.float32(number / (len(self._waiting) + 1)) for number in range(1, len(self._waiting) + 1)]
        frames = [
            DrivingFrame(held_time, before + share * (landmarks - before), held_image, found=False)
            for share, (held_time, held_image) in zip(shares, self._waiting, strict=True)
        ]
        self._waiting.clear()
        self._last = landmarks
        return [*frames, DrivingFrame(time, landmarks, image)]

    def _smoothed(self, driving: DrivingFrame) -> DrivingFrame:
        if self._smooth is None:
            return driving
        return replace(driving, landmarks=self._smooth(driving.landmarks, driving.time))


class _CutAwareSmoother:
    """A smoother that starts anew where the face jumps."""

    def __init__(self) -> None:
        self._smoother = Smoother()
        self._last: Landmarks | None = None

    def __call__(self, landmarks: Landmarks, time: Fraction) -> Landmarks:
        if self._last is not None and np.abs(landmarks - self._last)[:, :2].mean() > CUT * face_size(landmarks):
            self._smoother.reset()
        self._last = landmarks
        return self._smoother(landmarks, time)
