"""When each picture was captured and when it was ready in, how late and how many a second out."""

from collections import deque
from typing import Final

import numpy as np

_REMEMBERED: Final = 200  # pictures


class Pace:
    """Delay and frames a second of the last pictures, which are told apart."""

    def __init__(self) -> None:
        self._moments: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)

    def add(self, captured: float, ready: float) -> None:
        """Take in one picture's moments, in seconds."""
        self._moments.append((captured, ready))

    @property
    def rate(self) -> float:
        """Pictures a second; 0 until there are two."""
        times = [captured for captured, _ in self._moments]
        return (len(times) - 1) / max(times[-1] - times[0], 1e-3) if len(times) > 1 else 0.0

    def delay(self, share: float = 0.5) -> float:
        """Milliseconds that so large a share of the pictures took at most; 0 until there is one."""
        delays = [ready - captured for captured, ready in self._moments]
        return 1000 * float(np.quantile(delays, share)) if delays else 0.0
