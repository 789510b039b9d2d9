"""A camera in, landmarks of the face before it out, at most 25 times a second, from a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from headcast.live.camera import Moment
from headcast.live.newest import Newest
from headcast.reenact.motion_stream import MotionStream
from headcast.tracking.track import FaceTracker, Tracker
from headcast.types import Frame, Landmarks

MAX_RATE: Final = 25.0

Seen = Callable[[Landmarks | None, float, tuple[int, int]], None]
"""Told the landmarks (478, 3), the moment by the monotonic clock, and the picture's (width, height)."""


class SeenFace:
    """Tracks the newest picture of a camera until closed; `error` says why the camera ended, if it did by one."""

    def __init__(self, camera: Iterator[Moment], tell: Seen, tracker: Tracker | None = None) -> None:
        self._camera, self._tell, self._tracker = camera, tell, tracker
        self._newest: Newest[Moment] = Newest()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"headcast-{target.__name__.strip('_')}", daemon=True)
            for target in (self._read, self._track)
        ]
        self.error: Exception | None = None
        self.is_over = False
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both threads."""
        self._stopping.set()
        self._newest.close()
        for thread in self._threads:
            thread.join(timeout=2)

    def _read(self) -> None:
        try:
            for moment in self._camera:
                if self._stopping.is_set():
                    break
                self._newest.put(moment)
        except Exception as error:
            self.error = error
        finally:
            self._newest.close()
            close = getattr(self._camera, "close", None)
            if close is not None:
                close()

    def _track(self) -> None:
        stream = MotionStream(self._tracker or FaceTracker(), live=True)
        start, last = time.monotonic(), 0.0
        while not self._stopping.is_set() and not self._newest.is_closed:
            moment = self._newest.take(timeout=0.5)
            if moment is None or moment[1] - last < 0.9 / MAX_RATE:
                continue
            image, captured = moment
            last = captured
            seen = stream.push(Frame(image, Fraction(max(captured - start, 0.0) + 1.0)))
            found = seen[-1].landmarks if seen and seen[-1].found else None
            self._tell(found, captured, (image.shape[1], image.shape[0]))
        self.is_over = True
