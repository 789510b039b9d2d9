"""Samples in, Opus frames of 20 ms out; and the frames that arrive in, samples at the right moment out."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""(N,) of one channel at SOUND_RATE."""

SOUND_RATE: Final = 48_000
FRAME_SAMPLES: Final = 960
FRAME_MILLISECONDS: Final = 20
BIT_RATE: Final = 12_000
NUM_NUMBERS: Final = 1 << 16

_KEPT: Final = 100  # frames that wait: two seconds
_MAX_DRIFT: Final = 4  # frames that the sound may go wrong against the picture before it is put right at once
_FADE: Final = 0.5  # what a lost frame keeps of the one before
_STEADY: Final = 0.05  # share by which the sound's clock follows each packet


class SoundEncoder:
    """Cuts samples into frames and encodes them; `number` is the next frame's."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, AudioCodecContext)
        codec.sample_rate, codec.layout, codec.format, codec.bit_rate = SOUND_RATE, "mono", "s16", BIT_RATE
        codec.options = {"application": "voip", "frame_duration": str(FRAME_MILLISECONDS), "vbr": "constrained"}
        codec.open()
        self._codec, self._left = codec, np.zeros(0, np.int16)
        self._num_samples = 0

    def encode(self, samples: Samples) -> Iterator[bytes]:
        """Yield the frames that are complete."""
        self._left = np.concatenate([self._left, samples])
        while len(self._left) >= FRAME_SAMPLES:
            block, self._left = self._left[:FRAME_SAMPLES], self._left[FRAME_SAMPLES:]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block[None]), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SOUND_RATE, self._num_samples
            self._num_samples += FRAME_SAMPLES
            for packet in self._codec.encode(frame):
                yield bytes(packet)


class SoundPlayout:
    """Keeps what arrives and gives it out at the moment that the picture is at; what was lost fades out."""

    def __init__(self) -> None:
        self._codec = self._new_codec()
        self._frames: OrderedDict[int, bytes] = OrderedDict()
        self._origin: float | None = None  # milliseconds of the sender's clock at which frame 0 began
        self._next: int | None = None
        self._last: Samples = np.zeros(FRAME_SAMPLES, np.int16)
        self._newest = 0  # of the frames, counted on beyond NUM_NUMBERS
        self.num_lost = 0

    def add(self, number: int, frames: tuple[bytes, ...], milliseconds: int) -> None:
        """Take in frames from `number` (modulo NUM_NUMBERS) on, the last of which ended about `milliseconds`."""
        first = self._newest + (number - self._newest + NUM_NUMBERS // 2) % NUM_NUMBERS - NUM_NUMBERS // 2
        if first < 0:
            return
        for place, frame in enumerate(frames):
            self._frames[first + place] = frame
        self._newest = max(self._newest, first + len(frames) - 1)
        begins = milliseconds - FRAME_MILLISECONDS * (first + len(frames))
        self._origin = begins if self._origin is None else self._origin + _STEADY * (begins - self._origin)
        while len(self._frames) > _KEPT:
            self._frames.popitem(last=False)

    def block(self, milliseconds: float) -> Samples:
        """Return the 20 ms (FRAME_SAMPLES,) of a moment of the sender's clock; blocks are asked for in order."""
        if self._origin is None:
            return np.zeros(FRAME_SAMPLES, np.int16)
        due = int((milliseconds - self._origin) // FRAME_MILLISECONDS)
        if self._next is None or abs(due - self._next) > _MAX_DRIFT:
            self._next = due
        number, self._next = self._next, self._next + 1
        for old in [each for each in self._frames if each < number]:
            del self._frames[old]
        content = self._frames.pop(number, None)
        self._last = self._concealed(number) if content is None else self._decoded(content)
        return self._last

    def moment(self) -> float | None:
        """Return the sender's milliseconds at which the next block begins."""
        return None if self._origin is None or self._next is None else self._origin + FRAME_MILLISECONDS * self._next

    def _concealed(self, number: int) -> Samples:
        self.num_lost += 0 <= number <= self._newest
        return np.asarray(self._last * _FADE, np.int16)

    def _decoded(self, content: bytes) -> Samples:
        try:
            frames = self._codec.decode(av.Packet(content)) if content else []
        except (av.FFmpegError, ValueError):
            self._codec = self._new_codec()
            return np.asarray(self._last * _FADE, np.int16)
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames] or [np.zeros(0, np.float32)])
        samples = np.nan_to_num(samples[:FRAME_SAMPLES], posinf=0.0, neginf=0.0)
        padded = np.zeros(FRAME_SAMPLES, np.float32)
        padded[: len(samples)] = samples
        return np.asarray(np.clip(padded, -1, 1) * 32767, np.int16)

    @staticmethod
    def _new_codec() -> AudioCodecContext:
        codec = av.CodecContext.create("opus", "r")
        assert isinstance(codec, AudioCodecContext)
        codec.sample_rate, codec.layout = SOUND_RATE, "mono"
        return codec
