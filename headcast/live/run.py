"""A performance, a camera and places to show it in; pictures shown until the camera or the user ends, a summary out."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from headcast.live.camera import Moment
from headcast.live.newest import Newest
from headcast.live.performance import Performance
from headcast.types import Image

_KEPT: Final = 100_000  # delays: an hour at 25 frames a second
_FIRST: Final = 10  # frames that are not in the delays, where there are more: networks warm up


class Sink(Protocol):
    """A place where pictures are shown: a page, a virtual camera, a file."""

    def show(self, picture: Image) -> None:
        """Show a picture (H, W, 3) RGB now."""

    def close(self) -> None:
        """End the showing."""


@dataclass(frozen=True)
class LiveSummary:
    """What a live session was like; delays in seconds, from a camera's picture to the shown one."""

    num_frames: int
    num_dropped: int
    seconds: float
    frames_a_second: float
    delay_p50: float
    delay_p95: float
    is_calibrated: bool
    runtime: str


def run_live(
    performance: Performance,
    camera: Iterator[Moment],
    sinks: Sequence[Sink],
    *,
    seconds: float | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> LiveSummary:
    """Show until the camera ends, `seconds` have passed or `is_over` says so; errors of the camera are raised here."""
    newest: Newest[Moment] = Newest()
    stopping = threading.Event()
    reader = threading.Thread(target=_read, args=(camera, newest, stopping), name="headcast-camera", daemon=True)
    started = time.monotonic()
    reader.start()
    delays: deque[float] = deque(maxlen=_KEPT)
    num_frames = 0
    try:
        while not is_over() and (seconds is None or time.monotonic() - started < seconds):
            moment = newest.take(timeout=0.2)
            if moment is None:
                if newest.is_closed:
                    break
                continue
            picture = performance(*moment)
            for sink in sinks:
                sink.show(picture)
            num_frames += 1
            if num_frames == _FIRST + 1:
                delays.clear()
            delays.append(time.monotonic() - moment[1])
    except KeyboardInterrupt:  # how most sessions end
        pass
    finally:
        stopping.set()
        reader.join(timeout=2)
    passed = time.monotonic() - started
    p50, p95 = np.quantile(delays, [0.5, 0.95]).tolist() if delays else (0.0, 0.0)
    counts = (num_frames, newest.num_dropped, passed, num_frames / max(passed, 1e-6))
    return LiveSummary(*counts, p50, p95, performance.is_calibrated, performance.runtime_name)


def _read(camera: Iterator[Moment], newest: Newest[Moment], stopping: threading.Event) -> None:
    """Leave each picture for the other thread, which takes the newest."""
    try:
        for moment in camera:
            newest.put(moment)
            if stopping.is_set():
                break
    except Exception as error:
        newest.close(error)
    else:
        newest.close()
    finally:
        close = getattr(camera, "close", None)
        if close is not None:
            close()
