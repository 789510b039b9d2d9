"""A camera's number or a video file in, its pictures out as they come, each with the moment when it was there."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from headcast.errors import MediaError
from headcast.media.video import open_video
from headcast.types import Image

Moment = tuple[Image, float]
"""A picture (H, W, 3) RGB and the time in seconds, by the monotonic clock, when it was there."""

USUAL_SIZE: Final = (1280, 720)
MAX_CAMERA: Final = 99
_LEAST_LATE: Final = 0.2  # seconds that a file may be late before its pictures are skipped


def open_camera(name: str) -> Iterator[Moment]:
    """Open camera 0, 1 ... or a video file, which stands for a camera: its pictures come at its own pace.

    MediaError where there is none.
    """
    if re.fullmatch(r"[0-9]{1,2}", name):
        return _camera(int(name))
    if not Path(name).is_file():
        raise MediaError(f"no camera or video file {name}; give the number of a camera, 0 for the first, or a video")
    return _file(Path(name))


def _camera(number: int) -> Iterator[Moment]:
    with _quiet():
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        capture.release()
        raise MediaError(f"cannot open camera {number}; check that it is plugged in and that no other program uses it")
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, USUAL_SIZE[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, USUAL_SIZE[1])
    return _captured(capture, number)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV's own messages about a missing camera off the terminal."""
    level = cv2.setLogLevel(0)  # which returns the level of before
    try:
        yield
    finally:
        cv2.setLogLevel(level)


def _captured(capture: cv2.VideoCapture, number: int) -> Iterator[Moment]:
    try:
        while True:
            is_read, picture = capture.read()
            if not is_read:
                raise MediaError(f"camera {number} gives no more pictures; plug it in again")
            yield np.ascontiguousarray(picture[:, :, ::-1]), time.monotonic()
    finally:
        capture.release()


def _file(
    path: Path, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Moment]:
    """Yield each picture when it is due; those that are due already when they are decoded are skipped, as a camera's
    would have been.
    """
    with open_video(path) as video:
        start: float | None = None
        for frame in video:
            if start is None:
                start = clock() - float(frame.time)
            due = start + float(frame.time)
            wait = due - clock()
            if wait < -_LEAST_LATE:
                continue
            if wait > 0:
                sleep(wait)
            yield frame.image, max(due, clock()) if wait > 0 else clock()
