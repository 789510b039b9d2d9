"""Work in, the time that each stage of it took out."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import numpy as np

Item = TypeVar("Item")

KEPT: Final = 1000
"""Durations of each stage that are kept for its quantiles, the newest: a session may run for days."""


class Stopwatch:
    """Adds up the busy seconds of named stages, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._durations: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time inside the block."""
        started = time.perf_counter()
        yield
        duration = time.perf_counter() - started
        with self._guard:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + duration
            self._durations.setdefault(stage, deque(maxlen=KEPT)).append(duration)

    def items(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Count the time that making each item takes."""
        iterator = iter(items)
        while True:
            with self(stage):
                item = next(iterator, None)
            if item is None:
                return
            yield item

    def forget(self) -> None:
        """Start anew: what came before was warming up."""
        self.seconds.clear()
        self._durations.clear()

    def quantile(self, stage: str, share: float) -> float:
        """Return the seconds within which a stage ended in this share (0 to 1) of the times that are kept."""
        return float(np.quantile(list(self._durations[stage]), share))
