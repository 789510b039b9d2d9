"""A run's budget in; how much of it is spent, and on what, out."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from headcast.training.config import TrainingConfig

Item = TypeVar("Item")


class Budget:
    """Episodes and time spent so far, over all starts of the run; only time spent on learning counts."""

    def __init__(self, config: TrainingConfig, num_samples: int = 0, seconds: float = 0.0) -> None:
        self.config, self.num_samples = config, num_samples
        self._earlier_seconds, self._started = seconds, time.monotonic()
        self._mark = (num_samples, self._started)
        self._waited = 0.0

    def seconds(self) -> float:
        """Time spent learning."""
        return self._earlier_seconds + time.monotonic() - self._started

    def progress(self) -> float:
        """Share of the budget that is spent."""
        if self.config.num_samples is not None:
            return self.num_samples / self.config.num_samples
        assert self.config.minutes is not None
        return self.seconds() / (60.0 * self.config.minutes)

    def awaited(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items, with the time spent on waiting for them noted."""
        iterator = iter(items)
        while True:
            asked = time.monotonic()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self._waited += time.monotonic() - asked
            yield item

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens inside costs no time of the budget."""
        begun = time.monotonic()
        yield
        pause = time.monotonic() - begun
        self._started += pause
        self._mark = (self._mark[0], self._mark[1] + pause)

    def rates(self) -> dict[str, float]:
        """Samples a second and the share of time spent waiting for them, since this was last asked."""
        now = time.monotonic()
        num_samples, begun = self._mark
        seconds = max(now - begun, 1e-9)
        rates = {
            "samples_per_second": (self.num_samples - num_samples) / seconds,
            "loading_share": min(1.0, self._waited / seconds),
        }
        self._mark, self._waited = (self.num_samples, now), 0.0
        return rates
