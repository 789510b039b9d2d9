"""The other side's packets in, in any order, damaged or not at all; its face at any moment out, without a jump."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.telepresence.entropy import Numbers
from headcast.telepresence.numbers import MotionNumbers
from headcast.telepresence.packets import (
    MAX_REFERENCE,
    NUM_SEQUENCES,
    FacePacket,
    FramePacket,
    HeardPacket,
    PacketError,
    heard_bytes,
    parse,
    read_motion,
)
from headcast.types import Landmarks

_MAX_STEP_MILLISECONDS: Final = 60_000  # between two frames that are read
_MOST_OUT_OF_ORDER: Final = 50  # packets in a row that are late or of an impossible time; then the order starts anew


@dataclass
class ReceiverCounts:
    """How many packets came to what."""

    shown: int = 0  # frames that could be read
    late: int = 0  # older than the newest
    unreadable: int = 0  # changes from a frame that was lost, or of a face that is not here yet
    refused: int = 0  # no packets of ours


class MotionReceiver:
    """Decodes one sender's packets; whatever they hold, nothing is raised."""

    def __init__(self) -> None:
        self._code: MotionNumbers | None = None
        self._face: int | None = None
        self._known: OrderedDict[int, Numbers] = OrderedDict()
        self._newest: int | None = None
        self._time = 0
        self._num_out_of_order = 0
        self._wants_key = False
        self.bridge = MotionBridge()
        self.counts = ReceiverCounts()

    def take(self, content: bytes) -> FramePacket | HeardPacket | None:
        """Take one packet in; a frame comes back where it has news (its sound may be heard), and what was heard."""
        try:
            packet = parse(content)
            if isinstance(packet, FramePacket):
                return packet if self._take_frame(packet) else None
        except PacketError:
            self.counts.refused += 1
            return None
        if isinstance(packet, FacePacket):
            self._code, self._face = MotionNumbers(packet.reference), packet.number
            self._known.clear()
            self.bridge = MotionBridge()
            return None
        return packet

    def heard(self) -> bytes:
        """Return the packet that tells the sender what arrived and what is wanted."""
        is_lost = self._newest is None or self._wants_key
        packet = HeardPacket(self._newest or 0, self._time, is_lost, self._code is None)
        self._wants_key = False
        return heard_bytes(packet)

    def landmarks(self, milliseconds: float) -> Landmarks | None:
        """Return the sender's face (478, 3) at a moment of its own clock, None before the first frame."""
        numbers = self.bridge.at(milliseconds)
        return None if numbers is None or self._code is None else self._code.landmarks(numbers)

    def _take_frame(self, packet: FramePacket) -> bool:
        """Decode a frame; tell whether it is newer than all before."""
        if not self._is_next(packet):
            self.counts.late += 1
            return False
        before = None
        if packet.reference:
            before = self._known.get((packet.sequence - packet.reference) % NUM_SEQUENCES)
        if packet.face != self._face or (packet.reference and before is None):
            self._wants_key = True
            self.counts.unreadable += 1
            return bool(packet.sound)
        numbers = read_motion(packet, before)
        self._known[packet.sequence] = numbers
        while len(self._known) > MAX_REFERENCE:
            self._known.popitem(last=False)
        self._newest, self._time = packet.sequence, packet.milliseconds
        if packet.found:
            self.bridge.add(packet.milliseconds, numbers)
        self.counts.shown += 1
        return True

    def _is_next(self, packet: FramePacket) -> bool:
        """Tell whether a frame goes on from the newest, or from nothing, where many in a row did not."""
        if self._newest is None:
            return True
        ahead = (packet.sequence - self._newest) % NUM_SEQUENCES
        step = packet.milliseconds - self._time
        if 0 < ahead < NUM_SEQUENCES // 2 and 0 < step <= _MAX_STEP_MILLISECONDS:
            self._num_out_of_order = 0
            return True
        self._num_out_of_order += 1
        if self._num_out_of_order < _MOST_OUT_OF_ORDER:
            return False
        self._newest, self._num_out_of_order = None, 0
        self._known.clear()
        self.bridge = MotionBridge()
        return True


class MotionBridge:
    """Known moments of a motion in, every moment out: between two it goes straight, past the last it coasts and holds.

    What comes back after it coasted is met smoothly: the distance fades.
    """

    COAST: Final = 60.0  # milliseconds over which a movement that is not known goes on, ever more slowly
    FADES: Final = (120.0, 320.0)  # milliseconds over which a guess is forgotten, as long as it was needed
    KEPT: Final = 32  # moments

    def __init__(self) -> None:
        self._times: list[float] = []
        self._numbers: list[Numbers] = []
        self._shown: tuple[float, NDArray[np.float64]] | None = None
        self._was_guessed = False
        self._error: tuple[float, float, NDArray[np.float64]] | None = None  # since when, how long, how far

    def add(self, milliseconds: float, numbers: Numbers) -> None:
        """Take in a moment later than all before."""
        self._times.append(milliseconds)
        self._numbers.append(numbers)
        del self._times[: -self.KEPT], self._numbers[: -self.KEPT]

    def at(self, milliseconds: float) -> NDArray[np.float64] | None:
        """Return the numbers at a moment, asked for in order of time; None before any is known."""
        if not self._times:
            return None
        is_guess = milliseconds > self._times[-1]
        numbers = self._coasted(milliseconds) if is_guess else self._between(milliseconds)
        if self._was_guessed and self._shown is not None and not self._is_still_guessed(is_guess):
            fade = min(max(milliseconds - self._shown[0], self.FADES[0]), self.FADES[1])
            self._error = (milliseconds, fade, self._shown[1] - numbers)
        if self._error is not None:
            since, fade, error = self._error
            share = min(max((milliseconds - since) / fade, 0.0), 1.0)
            numbers = numbers + (1 - share * share * (3 - 2 * share)) * error
        self._was_guessed, self._shown = is_guess, (self._times[-1], numbers)
        return numbers

    def _is_still_guessed(self, is_guess: bool) -> bool:
        """Tell whether nothing new came since a moment was guessed."""
        return is_guess and self._shown is not None and self._shown[0] == self._times[-1]

    def _between(self, milliseconds: float) -> NDArray[np.float64]:
        after = int(np.searchsorted(self._times, milliseconds))
        if after == 0:
            return self._numbers[0].astype(np.float64)
        start, end = self._times[after - 1], self._times[after]
        share = (milliseconds - start) / (end - start)
        return np.asarray(self._numbers[after - 1] + share * (self._numbers[after] - self._numbers[after - 1]))

    def _coasted(self, milliseconds: float) -> NDArray[np.float64]:
        last = self._numbers[-1].astype(np.float64)
        if len(self._times) < 2:
            return last
        speed = (last - self._numbers[-2]) / (self._times[-1] - self._times[-2])
        reach = self.COAST * (1 - math.exp(-(milliseconds - self._times[-1]) / self.COAST))
        return np.asarray(last + reach * speed)
