"""Packets of one stream in, their times rewritten where the stream's clock starts again or leaps, out.

A recording that was interrupted, or two that were joined, count from the beginning once more. Played as they are, all
that comes after would lie in the past and be left out.
"""

from fractions import Fraction
from typing import Any, Final

from headcast.limits import MAX_PAUSE_SECONDS

_BACK: Final = Fraction(1, 10)  # seconds; less is a slip of one packet
_LEAP: Final = Fraction(10)  # seconds; where formats let clocks change, no pause is so long (as FFmpeg has it)
_CHANGING_CLOCKS: Final = ("mpegts", "mpeg")


class Clock:
    """Rewrites the times of one stream's packets, in their order, so that they go on where the clock goes back."""

    def __init__(self, format_name: str) -> None:
        self._leap = _LEAP if format_name in _CHANGING_CLOCKS else Fraction(MAX_PAUSE_SECONDS)
        self._shift = 0
        self._last: int | None = None
        self._next = 0
        self._ahead = 0  # of decoding, when the last packet is shown
        self.num_restarts = 0

    def set(self, packet: Any) -> None:
        """Move one packet's times (`pts`, `dts`, in units of its `time_base`)."""
        if packet.dts is not None and packet.time_base is not None:  # in decoding order, the one that only grows
            self._follow(packet.dts, packet.duration or 0, packet.time_base)
            self._ahead = (packet.dts if packet.pts is None else packet.pts) - packet.dts
        if self._shift:
            packet.pts = None if packet.pts is None else packet.pts + self._shift
            packet.dts = None if packet.dts is None else packet.dts + self._shift

    def _follow(self, time: int, duration: int, tick: Fraction) -> None:
        moved = time + self._shift
        if self._last is not None and not self._goes_on(moved - self._last, tick):
            self._shift += self._next - moved
            self.num_restarts += 1
            moved = self._next
        step = duration or (1 if self._last is None else max(1, moved - self._last))
        self._last, self._next = moved, moved + step

    def _goes_on(self, step: int, tick: Fraction) -> bool:
        """Tell whether the clock may go on by `step`: a leap that a picture was waiting for is a pause, not a leap."""
        return step * tick >= -_BACK and (step * tick <= self._leap or self._ahead * tick > self._leap)
