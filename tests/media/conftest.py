"""Videos made with PyAV directly, so that our writer is not judged by our reader alone."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 170, 40), (30, 40, 190), (210, 200, 40)


def quadrants(width: int, height: int) -> np.ndarray:
    """Red, green over blue, yellow: every turn and mirroring of it looks different."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = RED, GREEN
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = BLUE, YELLOW
    return image


def add_sound(container, codec: str, seconds: float, click_at: float, rate: int = 44100):
    """A silent sound stream with a loud click of 20 ms; returns its packets, to be muxed by the caller."""
    stream = container.add_stream(codec, rate=rate)
    stream.codec_context.layout = "mono"
    samples = np.zeros(round(seconds * rate), np.float32)
    first = round(click_at * rate)
    samples[first : first + rate // 50] = np.sin(np.arange(rate // 50) * 0.5).astype(np.float32)

    def packets(start: float = 0.0):
        for begin in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = begin + round(start * rate)
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return packets


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """make_video(name, times in ticks, tick, ...) writes a small video and returns its path."""

    def make(
        name: str,
        times: Iterable[int],
        tick: Fraction,
        *,
        images: Callable[[int], np.ndarray] = lambda index: np.full((48, 64, 3), 40 + index % 150, np.uint8),
        codec: str = "libx264",
        rate: Fraction = Fraction(25),
        setup: Callable[[av.VideoStream], None] = lambda stream: None,
        sound: tuple[str, float, float, float] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.codec_context.time_base = tick
            first = images(0)
            stream.width, stream.height = first.shape[1], first.shape[0]
            stream.pix_fmt = "yuv420p"
            setup(stream)
            packets = None
            if sound is not None:
                sound_codec, seconds, click_at, start = sound
                packets = add_sound(container, sound_codec, seconds, click_at)(start)
            for index, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(images(index), format="rgb24")
                frame.pts, frame.time_base = time, tick
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            for packet in packets or ():
                container.mux(packet)
        return path

    return make
