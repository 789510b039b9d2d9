"""A video file in, its frames out one by one: upright, RGB, square pixels, exact times, constant memory."""

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from headcast.errors import MediaError
from headcast.files import PathLike
from headcast.media.clock import Clock
from headcast.media.container import check_size, open_container, picture_stream, warn
from headcast.media.planes import Picture
from headcast.media.timing import Timing, measure_timing
from headcast.media.view import View, view_of
from headcast.types import Frame

_MAX_DAMAGED = 0.1  # of the frames so far, and ten more: beyond it a file is refused instead of shown in rags


def open_video(path: PathLike) -> "VideoReader":
    """Open a video for one pass over its frames; MediaError if it is none, broken or too large.

    with open_video("speech.mp4") as video:
        for frame in video:
            show(frame.image, frame.time)
    """
    container = open_container(path)
    try:
        stream = picture_stream(container, path)
        timing = measure_timing(container, stream, path)
        stream.thread_type = "AUTO"
        frames = _decode(container, stream, path)
        first = next(frames, None)
        if first is None:
            raise MediaError(f"{path} holds no picture that can be decoded; convert or download it again")
        view = view_of(first, stream.sample_aspect_ratio)
        check_size(*view.size, path)
        return VideoReader(container, timing, view, first, frames)
    except BaseException:
        container.close()
        raise


class VideoReader:
    """Frames of one video, read once, in order; the first one's time is 0.

    `rate` is the exact average rate, `is_variable` says that frames are not evenly spaced, `tick` is the unit of
    their times, `size` is (width, height) of every frame, `num_frames` what the file promises (damaged frames are
    left out while reading), `start` the first frame's time on the file's own clock, by which its sound is placed.
    """

    def __init__(
        self, container: InputContainer, timing: Timing, view: View, first: VideoFrame, rest: Iterator[VideoFrame]
    ) -> None:
        self.rate = timing.rate
        self.is_variable = timing.is_variable
        self.num_frames = timing.num_frames
        self.tick = timing.tick
        self.size = view.size
        self._first_ticks = _ticks(container, first) or 0
        self.start = Fraction(0) if container.format.name == "avi" else self._first_ticks * timing.tick
        self._container = container
        self._timing = timing
        self._view = view
        self._first: VideoFrame | None = first
        self._rest = rest

    @property
    def duration(self) -> Fraction:
        """Seconds from the start of the first frame to the end of the last."""
        return self.num_frames / self.rate

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame; ValueError when asked a second time."""
        return (Frame(self._view.show(decoded), time) for decoded, time in self._decoded(1))

    def pictures(self, step: int = 1) -> Iterator[tuple[Picture, Fraction]]:
        """Yield the first of each `step` frames and its time.

        They are as their decoder left them: turning one into pixels is more than half of the work of reading.
        """
        return ((self._view.picture(decoded), time) for decoded, time in self._decoded(step))

    def _decoded(self, step: int) -> Iterator[tuple[VideoFrame, Fraction]]:
        if self._first is None:
            raise ValueError("the frames of this video were read already; open it again")
        first, self._first = self._first, None
        return self._frames(first, step)

    def _frames(self, first: VideoFrame, step: int) -> Iterator[tuple[VideoFrame, Fraction]]:
        yield first, Fraction(0)
        last, num_late, number = Fraction(0), 0, 0
        for decoded in self._rest:
            ticks = _ticks(self._container, decoded)
            time = last + 1 / self.rate if ticks is None else self._timing.frame_time(ticks - self._first_ticks)
            if time <= last:  # of two frames for one moment, which broken files have, the first is kept
                num_late += 1
                continue
            last, number = time, number + 1
            if number % step == 0:
                yield decoded, time
        if num_late:
            warn(self._container.name, f"shows {num_late} pictures at the time of others; they are left out")

    def close(self) -> None:
        """Release the file and the decoder; harmless when done twice."""
        self._container.close()

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _decode(container: InputContainer, stream: VideoStream, path: PathLike) -> Iterator[VideoFrame]:
    """Decoded frames in the order of showing; damaged packets are skipped, as players do, up to a limit, and told."""
    num_decoded = num_damaged = 0
    clock = Clock(container.format.name)
    try:
        for packet in container.demux(stream):
            clock.set(packet)
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                num_damaged += 1
                if num_damaged > 10 + _MAX_DAMAGED * num_decoded:
                    raise
                continue
            for frame in decoded:
                num_decoded += 1
                check_size(frame.width, frame.height, path)
                yield frame
    except av.FFmpegError as error:
        raise MediaError(
            f"{path} is damaged: it cannot be read on after frame {num_decoded} ({error.strerror}); "
            "convert or download it again"
        ) from error
    if num_damaged:
        warn(path, f"is damaged: {num_damaged} of its pictures cannot be decoded and are left out")


def _ticks(container: InputContainer, frame: VideoFrame) -> int | None:
    """When a frame is shown. AVI stores no such times: those FFmpeg makes up are out of order, the others are not."""
    return frame.dts if container.format.name == "avi" else frame.pts
