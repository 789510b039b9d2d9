"""The times of live frames and of the clock in, whether a frame comes too late to be shown out."""

from typing import Final

MAX_BEHIND: Final = 1.0  # frames that one may lag when work on it starts
DRIFT: Final = 1e-3  # seconds a second that the camera's clock may go wrong against ours


class Lateness:
    """Measures frames against the most punctual one so far, forgetting it slowly, for no two clocks go alike."""

    def __init__(self) -> None:
        self._least = 0.0  # seconds from a frame's time to its arrival, of the most punctual one
        self._last: float | None = None
        self._step = 0.0  # seconds between frames

    def __call__(self, time: float, now: float) -> bool:
        """Tell whether the frame of `time`, which has arrived `now`, is more than MAX_BEHIND frames old."""
        delay = now - time
        if self._last is None:
            self._least = delay
        else:
            self._step = time - self._last
            if self._step <= 0:
                raise ValueError(f"time must increase from frame to frame, not go from {self._last} to {time}")
            self._least = min(self._least + DRIFT * self._step, delay)
        self._last = time
        return delay - self._least > MAX_BEHIND * self._step
