"""An opened video in, its exact frame rate, frame count and kind of timing out, without decoding a frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from headcast.errors import MediaError
from headcast.files import PathLike
from headcast.media.container import file_size, open_container, picture_stream

_USUAL_RATE = Fraction(25)  # for a video of one frame that states no rate


@dataclass(frozen=True)
class Timing:
    """When the frames of a video are shown.

    `rate` is frames per second on average, exact: `num_frames / rate` is the duration. `is_variable` is True where
    a frame's time lies further than one tick of the file's clock (`tick` seconds) from its number / rate.
    """

    rate: Fraction
    is_variable: bool
    num_frames: int
    tick: Fraction

    def frame_time(self, ticks: int) -> Fraction:
        """Seconds from the first frame, `ticks` being counted from there.

        At a constant rate the time is number / rate, although a coarse clock (Matroska: milliseconds) rounds it.
        """
        seconds = ticks * self.tick
        return seconds if self.is_variable else Fraction(round(seconds * self.rate)) / self.rate


def measure_timing(container: InputContainer, stream: VideoStream, path: PathLike) -> Timing:
    """Timing from the file's index where it is complete (MP4, MOV), else from a pass over its packets.

    MediaError if the file ends before its index says, or holds no frames.
    """
    tick = stream.time_base
    if tick is None:
        raise MediaError(f"{path} states no clock for its pictures; convert it to MP4")
    if stream.frames > 0 and len(stream.index_entries) >= stream.frames:
        times, end = _index_times(container, stream, path), None
    else:
        times, end = _packet_times(path)
    if not times:
        raise MediaError(f"{path} holds no picture; give a complete video file")
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate is not None and rate > 0 and _is_constant(times, rate, tick):
            return Timing(rate, False, len(times), tick)
    average = stream.average_rate if end is None else len(times) / ((end - times[0]) * tick)
    return Timing(average or _USUAL_RATE, len(times) > 1, len(times), tick)


def _index_times(container: InputContainer, stream: VideoStream, path: PathLike) -> list[int]:
    """Decoding times in ticks; in order, they differ from the times of showing by a constant."""
    size = file_size(container)
    times = []
    for entry in stream.index_entries:
        if entry.pos + entry.size > size:
            raise MediaError(f"{path} is cut off: its index goes beyond its {size} bytes; copy or download it again")
        if not entry.is_discard:
            times.append(entry.timestamp)
    return times


def _packet_times(path: PathLike) -> tuple[list[int], int]:
    """Times of showing in ticks, in order, and the end of the last frame."""
    times: list[int] = []
    end = 0
    with open_container(path) as container:
        try:
            for packet in container.demux(picture_stream(container, path)):
                time = packet.dts if packet.pts is None else packet.pts
                if time is not None:
                    times.append(time)
                    end = max(end, time + (packet.duration or 0))
        except av.FFmpegError:  # a cut-off end: what came before it can be shown
            pass
    times.sort()
    if len(times) > 1 and end <= times[-1]:
        end = times[-1] + max(1, median_low(b - a for a, b in pairwise(times)))
    return times, end


def _is_constant(times: Sequence[int], rate: Fraction, tick: Fraction) -> bool:
    """Whether each time lies within a tick of number / rate (in whole numbers: a long video has many frames)."""
    a_tick = tick.numerator * rate.numerator
    a_frame = tick.denominator * rate.denominator
    return all(abs((time - times[0]) * a_tick - number * a_frame) <= a_tick for number, time in enumerate(times))
