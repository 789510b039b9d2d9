"""The sound of one file in, packets for another file out: copied where its container allows, else made AAC.

Packets come on demand, in order, placed so that time 0 is the first picture of the file they come from.
"""

from __future__ import annotations  # PyAV's Packet has a parameter for type checkers only

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from headcast.errors import MediaError
from headcast.files import PathLike
from headcast.media.clock import Clock
from headcast.media.container import open_container
from headcast.media.video import open_video

_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_AAC_BITS_A_CHANNEL = 96_000

Timed: TypeAlias = "tuple[Fraction, Packet[AudioStream]]"
"""A packet ready for the output, and its start in seconds on the output's clock."""


class SoundTrack:
    """The sound of `path` on its way into `output`, as one added stream; silent where `path` has no sound.

    `copied_codecs` are the codecs that players expect in the output's container. Use as a `with` block. Sound that
    starts before the first picture is left out, but for a packet or two (20 to 50 ms each) with times below 0, which
    players trim.
    """

    def __init__(self, path: PathLike, output: OutputContainer, copied_codecs: frozenset[str]) -> None:
        self._input = open_container(path)
        try:
            self._packets = self._open_packets(path, output, copied_codecs)
            self._next = next(self._packets, None)
        except av.FFmpegError as error:
            self._input.close()
            raise MediaError(f"the sound of {path} cannot be read ({error.strerror}); leave the sound out") from error
        except BaseException:
            self._input.close()
            raise

    def _open_packets(self, path: PathLike, output: OutputContainer, copied_codecs: frozenset[str]) -> Iterator[Timed]:
        source = next(iter(self._input.streams.audio), None)
        if source is None:
            return iter(())
        if source.codec_context is None:
            raise MediaError(f"the sound of {path} is of an unknown kind; convert it to AAC, or leave the sound out")
        start = _picture_start(self._input, path)
        if source.codec_context.codec.canonical_name in copied_codecs:
            return _copied(self._input, source, output.add_stream_from_template(source), start)
        return _encoded(self._input, source, _add_aac_stream(output, source), start)

    def packets_until(self, end: Fraction) -> Iterator[Packet[AudioStream]]:
        """The packets not given yet that start before `end` seconds."""
        while self._next is not None and self._next[0] < end:
            yield self._next[1]
            self._next = next(self._packets, None)

    def __enter__(self) -> SoundTrack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()


def _picture_start(container: InputContainer, path: PathLike) -> Fraction:
    """When the first picture is shown on the file's clock; for a file of sound alone, when its sound starts."""
    if container.streams.video:
        try:
            with open_video(path) as video:
                return video.start
        except MediaError:  # cover art, say: only the sound is wanted here
            pass
    sound = container.streams.audio[0]
    return (sound.start_time or 0) * (sound.time_base or Fraction(0))


def _copied(container: InputContainer, source: AudioStream, target: AudioStream, start: Fraction) -> Iterator[Timed]:
    last_dts: int | None = None
    for packet in _demuxed(container, source):
        if packet.pts is None or packet.dts is None:
            continue
        tick = packet.time_base
        shift = round(start / tick)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        ends_too_early = packet.pts + 2 * (packet.duration or 0) < 0  # one packet before 0 warms the decoder up
        if ends_too_early or (last_dts is not None and packet.dts <= last_dts):
            continue
        last_dts = packet.dts
        time = packet.pts * tick
        packet.stream = target
        yield time, packet


def _encoded(container: InputContainer, source: AudioStream, target: AudioStream, start: Fraction) -> Iterator[Timed]:
    kind = None
    for frame in _decoded(container, source):
        if frame is not None:
            kind = kind or _kind(frame)
            if frame.pts is None or frame.time_base is None or _kind(frame) != kind:
                continue  # an encoder takes one kind of sound: what changes it midway is left out
            frame.pts -= round(start / frame.time_base)
            if (frame.pts * frame.time_base) + Fraction(frame.samples, frame.sample_rate) <= 0:
                continue
        for packet in target.encode(frame):
            if packet.pts is not None:
                yield packet.pts * packet.time_base, packet


def _kind(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _add_aac_stream(output: OutputContainer, source: AudioStream) -> AudioStream:
    channels = min(2, source.codec_context.channels)
    wanted = source.codec_context.sample_rate
    rate = min(_AAC_RATES, key=lambda known: (abs(known - wanted), known))
    stream = output.add_stream("aac", rate=rate, bit_rate=channels * _AAC_BITS_A_CHANNEL)
    stream.codec_context.layout = "mono" if channels == 1 else "stereo"
    return stream


def _demuxed(container: InputContainer, source: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Packets to the end, or to where the file is broken: sound that stops early is better than none."""
    clock = Clock(container.format.name)
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(source):
            clock.set(packet)
            yield packet


def _decoded(container: InputContainer, source: AudioStream) -> Iterator[av.AudioFrame | None]:
    """Decoded sound, damaged packets left out; None at the end, which flushes an encoder."""
    for packet in _demuxed(container, source):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue
    yield None
