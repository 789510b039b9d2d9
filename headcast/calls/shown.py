"""The other side's packets in, its avatar on the screen and its sound out, both at the same moment of its clock."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np

from headcast.calls.sound import FRAME_MILLISECONDS, Samples, SoundPlayout
from headcast.live.performance import LiveControls, Performance
from headcast.live.run import Sink
from headcast.reenact.options import SessionOptions
from headcast.reenact.source import Source
from headcast.telepresence.bundles import split
from headcast.telepresence.packets import FramePacket, HeardPacket, PacketError, is_face
from headcast.telepresence.receiver import MotionReceiver
from headcast.types import Image, Landmarks

LEAST_PLAYOUT: Final = 50.0  # milliseconds that everything is shown later than it could be at best
MOST_PLAYOUT: Final = 250.0
SILENT_MILLISECONDS: Final = 1000.0  # without a packet, after which the line is held for broken
MOST_PACKETS: Final = 150.0  # a second, that are read; a side that keeps to the rules sends 30
_FACE_COST: Final = 20  # packets that a reference face counts for
_RATE: Final = 25.0
_WINDOW: Final = 250  # packets that the way's time is taken from


class SoundSink(Protocol):
    """Where sound goes: called every 20 ms."""

    def play(self, samples: Samples) -> None:
        """Play a block."""


class OtherClock:
    """The moments at which packets were sent and came in, the sender's time of now out, by a playout delay later."""

    def __init__(self) -> None:
        self._ways: deque[float] = deque(maxlen=_WINDOW)
        self._spans: deque[int] = deque([0], maxlen=_WINDOW)

    def take(self, milliseconds: int, now: float, span: int = 0) -> None:
        """Take in the time of a packet's last frame, when it arrived (seconds), and how long its first waited."""
        self._ways.append(1000 * now - milliseconds)
        self._spans.append(span)

    @property
    def playout(self) -> float:
        """Milliseconds after the quickest packet that nearly all have arrived, and until the next one comes."""
        if not self._ways:
            return LEAST_PLAYOUT
        late, span = float(np.quantile(self._ways, 0.95)) - min(self._ways), float(np.quantile(self._spans, 0.95))
        return min(max(LEAST_PLAYOUT, late + span + 1000 / _RATE), MOST_PLAYOUT)

    @property
    def behind(self) -> float:
        """Seconds that what is shown lies behind the sender's own, as far as the quickest packet took no time."""
        return self.playout / 1000

    def at(self, now: float) -> float | None:
        """Return the sender's milliseconds that are to be shown now."""
        return None if not self._ways else 1000 * now - min(self._ways) - self.playout


class Flood:
    """Counts what comes in, against a side that sends more than anybody could need."""

    def __init__(self) -> None:
        self._left, self._since = MOST_PACKETS, 0.0

    def allows(self, now: float, num_packets: int) -> bool:
        """Tell whether these are still within MOST_PACKETS a second, and count them."""
        self._left = min(MOST_PACKETS, self._left + (now - self._since) * MOST_PACKETS)
        self._since = now
        if self._left < num_packets:
            return False
        self._left -= num_packets
        return True


class ShownFace:
    """Renders one other side; packets come in by `take`, from the event loop; two threads show and play."""

    def __init__(
        self, sinks: Sequence[Sink], speaker: SoundSink | None, controls: LiveControls, *, max_side: int
    ) -> None:
        self._sinks, self._speaker, self._controls, self._max_side = sinks, speaker, controls, max_side
        self._lock = threading.Lock()
        self.receiver, self._sound, self._clock = MotionReceiver(), SoundPlayout(), OtherClock()
        self._flood = Flood()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.last_packet = 0.0  # by the monotonic clock
        self.num_shown = 0
        self._asked: tuple[float, float] | None = None  # when a face was asked for, and the way's time and the playout

    def start_anew(self) -> None:
        """Forget what came: another connection begins."""
        with self._lock:
            self.receiver, self._sound, self._clock = MotionReceiver(), SoundPlayout(), OtherClock()

    def show(self, source: Source) -> None:
        """Begin to show the other side as this source."""
        self.close()
        self._stopping = threading.Event()
        options = SessionOptions(policy="live", smooth=False)
        performance = Performance(
            source, options, max_side=self._max_side, controls=self._controls, tracker=_Told(self._landmarks)
        )
        self._run(self._render, performance, self._stopping)
        if self._speaker is not None:
            self._run(self._play, self._speaker, self._stopping)

    def take(self, content: bytes) -> HeardPacket | None:
        """Take a packet in; what was heard by the other side comes back, for the sender."""
        now = time.monotonic()
        try:
            parts = split(content)
        except PacketError:
            parts = [content]  # which the receiver refuses
        if not self._flood.allows(now, sum(_FACE_COST if is_face(part) else 1 for part in parts)):
            return None
        with self._lock:
            packets = [self.receiver.take(part) for part in parts]
            frames = [packet for packet in packets if isinstance(packet, FramePacket)]
            if frames:
                self._clock.take(frames[-1].milliseconds, now, frames[-1].milliseconds - frames[0].milliseconds)
                self.last_packet = now
            for frame in frames:
                if frame.sound:
                    self._sound.add(frame.sound_number, frame.sound, frame.milliseconds)
        return next((packet for packet in packets if isinstance(packet, HeardPacket)), None)

    def heard(self) -> bytes:
        """Return the packet that tells the other side what arrived."""
        with self._lock:
            return self.receiver.heard()

    def close(self) -> None:
        """End the threads."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name=f"headcast{work.__name__}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def age(self) -> float:
        """Return how many seconds old the picture is that is shown now, where both sides have one clock (in tests)."""
        asked, behind = self._asked or (time.monotonic(), 0.0)
        return time.monotonic() - asked + behind

    def _landmarks(self) -> Landmarks | None:
        with self._lock:
            now = time.monotonic()
            moment = self._clock.at(now)
            self._asked = None if moment is None else (now, self._clock.behind)
            return None if moment is None else self.receiver.landmarks(moment)

    def _render(self, performance: Performance, stopping: threading.Event) -> None:
        """Make a picture 25 times a second, or as often as the machine can."""
        nothing = np.zeros((16, 16, 3), np.uint8)
        due = time.monotonic()
        while not stopping.is_set():
            started = time.monotonic()
            picture = performance(nothing, started)
            for sink in self._sinks:
                sink.show(picture)
            self.num_shown += 1
            due = max(due + 1 / _RATE, time.monotonic() - 1 / _RATE)
            stopping.wait(max(0.0, due - time.monotonic()))

    def _play(self, speaker: SoundSink, stopping: threading.Event) -> None:
        """Play a block every 20 ms."""
        due = time.monotonic()
        while not stopping.is_set():
            with self._lock:
                moment = self._clock.at(due)
                block = None if moment is None else self._sound.block(moment)
            if block is not None:
                speaker.play(block)
            due += FRAME_MILLISECONDS / 1000
            stopping.wait(max(0.0, due - time.monotonic()))


class _Told:
    """A tracker that is told the face."""

    def __init__(self, landmarks: Callable[[], Landmarks | None]) -> None:
        self._landmarks = landmarks

    def track(self, image: Image) -> Landmarks | None:
        return self._landmarks()

    def close(self) -> None:
        pass
