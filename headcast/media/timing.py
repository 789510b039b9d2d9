"""An opened video in, its exact frame rate, frame count and kind of timing out, without decoding a frame."""

import contextlib
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
from headcast.limits import MAX_PAUSE_SECONDS, MAX_VIDEO_FRAMES
from headcast.media.clock import Clock
from headcast.media.container import file_size, open_container, picture_stream, warn

_USUAL_RATE = Fraction(25)  # for a video of one frame that states no rate
_TRANSPORT_PACKETS = (188, 192, 204)  # bytes, of the kinds of transport streams
_LENGTH_GUESSED = ("mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v")  # by FFmpeg, from the end or the size
_LEAST_LOST = Fraction(1, 2)  # seconds; less is how lengths are rounded


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
        if not times and end:  # a bare stream without a container states no times, only how many pictures there are
            return Timing(stream.average_rate or stream.guessed_rate or _USUAL_RATE, False, end, tick)
    if not times:
        raise MediaError(f"{path} holds no picture; give a complete video file")
    _check_pauses(times, tick, path)
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
    """Times of showing in ticks, in order, and the end of the last frame; without any times, how many frames there are.

    What a cut-off file has lost is said.
    """
    times: list[int] = []
    end = num_untimed = 0
    seconds = Fraction(0)  # where the last packet of any stream ends
    with open_container(path) as container:
        stream, clock = picture_stream(container, path), Clock(container.format.name)
        with contextlib.suppress(av.FFmpegError):  # a cut-off end: what came before it can be shown
            for packet in container.demux():
                if packet.stream is stream:
                    clock.set(packet)
                time = packet.dts if packet.pts is None else packet.pts
                if time is not None and packet.time_base is not None:
                    seconds = max(seconds, (time + (packet.duration or 0)) * packet.time_base)
                if packet.stream is not stream:
                    continue
                if time is not None:
                    times.append(time)
                    end = max(end, time + (packet.duration or 0))
                num_untimed += time is None and packet.size > 0
                if len(times) + num_untimed > MAX_VIDEO_FRAMES:
                    raise MediaError(f"{path} holds more than {MAX_VIDEO_FRAMES} pictures; cut it up")
        if clock.num_restarts:
            warn(path, f"has a clock that starts again ({clock.num_restarts} times); its parts are played in a row")
        if len(times) + num_untimed < stream.frames:
            warn(path, f"is cut off: {len(times)} of its {stream.frames} pictures are there")
        else:
            _warn_of_lost_end(container, seconds, path)
    if not times:
        return [], num_untimed
    times.sort()
    if len(times) > 1 and end <= times[-1]:
        end = times[-1] + max(1, median_low(b - a for a, b in pairwise(times)))
    return times, end


def _warn_of_lost_end(container: InputContainer, seconds: Fraction, path: PathLike) -> None:
    """Compare where the packets end with what the file promises: its length, or whole packets of a stream."""
    if container.format.name == "mpegts":
        size = file_size(container)
        if all(size % length for length in _TRANSPORT_PACKETS):
            warn(path, f"is cut off in the middle of a packet; the first {float(seconds):.1f} seconds are used")
    elif container.format.name not in _LENGTH_GUESSED and container.duration:
        promised = Fraction(container.duration, av.time_base)
        if promised - seconds > max(_LEAST_LOST, promised / 50):
            what = f"promises {float(promised):.1f} seconds and ends after {float(seconds):.1f}; the rest is lost"
            warn(path, f"is cut off: it {what}")


def _check_pauses(times: Sequence[int], tick: Fraction, path: PathLike) -> None:
    pause, number = max(
        ((after - before, place) for place, (before, after) in enumerate(pairwise(times))), default=(0, 0)
    )
    if pause * tick > MAX_PAUSE_SECONDS:
        hours = float(pause * tick / 3600)
        raise MediaError(
            f"{path} shows picture {number} for {hours:.1f} hours, expected at most {MAX_PAUSE_SECONDS // 3600}; cut it"
        )


def _is_constant(times: Sequence[int], rate: Fraction, tick: Fraction) -> bool:
    """Whether each time lies within a tick of number / rate (in whole numbers: a long video has many frames)."""
    a_tick = tick.numerator * rate.numerator
    a_frame = tick.denominator * rate.denominator
    return all(abs((time - times[0]) * a_tick - number * a_frame) <= a_tick for number, time in enumerate(times))
