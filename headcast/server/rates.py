"""Who asks in, whether that is too often out: a bucket that fills with time, for each address."""

import time
from collections.abc import Callable
from typing import Final

A_SECOND: Final = 50.0  # requests, in the long run
AT_ONCE: Final = 200.0  # requests; a page takes twenty
MAX_REMEMBERED: Final = 10_000  # addresses


class Rates:
    """Counts requests of each address; `clock` in seconds stands in for the usual one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # what an address may still ask, and when that was so

    def allows(self, address: str) -> bool:
        """Whether this address may ask once more, now."""
        now = self._clock()
        left, since = self._left.pop(address, (AT_ONCE, now))
        left = min(AT_ONCE, left + (now - since) * A_SECOND)
        if len(self._left) >= MAX_REMEMBERED:
            del self._left[next(iter(self._left))]  # the one that has not asked for longest
        self._left[address] = (max(left - 1.0, 0.0), now)
        return left >= 1.0
