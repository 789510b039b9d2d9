"""Frames in, one H.264 video file out: exact times, sound of another file, metadata; whole or not at all."""

from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from fractions import Fraction
from math import lcm
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from headcast.errors import MediaError
from headcast.files import PathLike, cannot_write, check_output, replaced_on_success
from headcast.limits import MAX_VIDEO_SIDE
from headcast.media.container import open_container, picture_stream
from headcast.media.planes import to_planes
from headcast.media.sound import SoundTrack
from headcast.media.timing import measure_timing
from headcast.types import Image

_FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
_COPIED_CODECS = {
    "mp4": frozenset({"aac", "mp3"}),
    "mov": frozenset({"aac", "mp3"}),
    "matroska": frozenset({"aac", "mp3", "opus", "vorbis", "flac", "ac3"}),
}
# The header goes first, so that playing starts before the download ends; our own metadata keys are kept.
_MP4_OPTIONS = {"movflags": "+faststart+use_metadata_tags"}
# No B-frames: frames are then stored in the order of showing, which keeps every time exact without an edit list. What
# stands still is worth more bits, which halves the file; it is the one thing that `superfast` lacks here.
_ENCODER_OPTIONS = {"preset": "superfast", "x264-params": "mbtree=1:rc-lookahead=10", "crf": "17", "bf": "0"}
_MAX_TICKS_A_SECOND = 10_000_000  # players store it in 32 bits, and a long video's length too


class VideoWriter:
    """A `with` block that writes one video of `size` (width, height) at `rate` frames a second.

    With `tick` None frame number n is shown at n / rate. For a driver of variable rate pass its `tick`, and each
    frame's time to `write`; `rate` is then the average. `audio_from` names a file whose sound is taken along, in
    time with its own pictures and cut to the length of this video. The file (.mp4, .mov or .mkv) appears when the
    block ends well, not before. Odd sizes are made even by repeating the last row or column, which H.264 with
    quarter colour resolution needs.

    with VideoWriter("out.mp4", (640, 360), Fraction(30000, 1001), audio_from="speech.mp4") as writer:
        writer.write(image)
    """

    def __init__(
        self,
        path: PathLike,
        size: tuple[int, int],
        rate: Fraction,
        *,
        tick: Fraction | None = None,
        audio_from: PathLike | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._path = checked_output(path)
        if not all(0 < side <= MAX_VIDEO_SIDE for side in size):
            raise ValueError(f"size is {size}, expected 1 to {MAX_VIDEO_SIDE} pixels a side")
        if rate <= 0:
            raise ValueError(f"rate is {rate}, expected more than 0 frames a second")
        self._size = size
        self._rate = Fraction(rate)
        self._tick = _usable_tick(self._rate, tick)
        self._audio_from = audio_from
        self._metadata = dict(metadata or {})
        self._num_frames = 0
        self._held: VideoFrame | None = None  # the last frame: its duration is known when the next one comes
        self._durations: deque[int] = deque()  # ticks, of the frames inside the encoder

    def write(self, image: Image, time: Fraction | None = None) -> None:
        """Append one (height, width, 3) frame, shown from `time` seconds on (default: its number / rate).

        The first time is 0, each later than the one before; ValueError otherwise.
        """
        width, height = self._size
        if image.shape != (height, width, 3) or image.dtype != np.uint8:
            raise ValueError(f"frame is {image.dtype} {image.shape}, expected uint8 {(height, width, 3)}")
        frame = to_planes(_with_even_sides(image))
        frame.time_base = self._tick
        frame.pts = round((self._num_frames / self._rate if time is None else time) / self._tick)
        if self._held is None and frame.pts != 0:
            raise ValueError(f"the first frame is at {time} s, expected 0")
        if self._held is not None:
            if frame.pts <= _ticks(self._held):
                raise ValueError(f"frame {self._num_frames} is at {time} s, expected later than the frame before")
            self._encode_held(until=frame.pts)
        self._held = frame
        self._num_frames += 1

    def __enter__(self) -> "VideoWriter":
        with ExitStack() as stack:
            self._temporary = stack.enter_context(replaced_on_success(self._path))
            self._container = self._open(self._temporary)
            stack.callback(_close_quietly, self._container)
            self._stream = self._add_video_stream()
            self._sound: SoundTrack | None = None
            if self._audio_from is not None:
                copied = _COPIED_CODECS[self._container.format.name]
                self._sound = stack.enter_context(SoundTrack(self._audio_from, self._container, copied))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
        else:
            with self._stack:
                self._finish()

    def _open(self, temporary: Path) -> OutputContainer:
        name = _FORMATS[self._path.suffix.lower()]
        options = {"fflags": "+bitexact"}  # same frames, same file: no random numbers, no clock
        if name != "matroska":
            options |= _MP4_OPTIONS
        try:
            container = av.open(str(temporary.resolve()), "w", format=name, container_options=options)
        except av.FFmpegError as error:
            raise cannot_write(self._path, error) from error
        container.metadata.update(self._metadata)
        return container

    def _add_video_stream(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._rate, options=dict(_ENCODER_OPTIONS))
        context = stream.codec_context
        context.width, context.height = (side + side % 2 for side in self._size)
        context.pix_fmt = "yuv420p"
        context.time_base = self._tick
        context.colorspace = Colorspace.ITU709
        context.color_range = ColorRange.MPEG
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        return stream

    def _encode_held(self, until: int) -> None:
        """Encode the held frame, shown until the given tick, and the sound up to there."""
        if self._held is not None:
            self._durations.append(until - _ticks(self._held))
        self._mux(self._held, until)

    def _mux(self, frame: VideoFrame | None, until: int) -> None:
        try:
            for video_packet in self._stream.encode(frame):
                video_packet.duration = self._durations.popleft()  # the encoder forgets it; the last one's counts
                self._container.mux(video_packet)
            if self._sound is not None:
                for sound_packet in self._sound.packets_until(until * self._tick):
                    self._container.mux(sound_packet)
        except av.FFmpegError as error:
            raise cannot_write(self._path, error) from error

    def _finish(self) -> None:
        """Write what is still on its way, then the header; the last frame ends the video at num_frames / rate."""
        if self._held is None:
            raise MediaError(f"cannot write {self._path}: not one frame was made; is the driving video empty?")
        end = max(round(self._num_frames / self._rate / self._tick), _ticks(self._held) + 1)
        self._encode_held(until=end)
        self._mux(None, until=end)
        try:
            self._container.close()
        except av.FFmpegError as error:
            raise cannot_write(self._path, error) from error
        self._check_written()

    def _check_written(self) -> None:
        """Compare the file with what went into it, before it gets its name: not every lost byte is told."""
        try:
            with open_container(self._temporary) as container:
                stream = picture_stream(container, self._temporary)
                found = measure_timing(container, stream, self._temporary).num_frames
        except MediaError:
            found = 0
        if found != self._num_frames:
            raise MediaError(
                f"cannot write {self._path}: {self._num_frames} frames were written, {found} are in the file; "
                "check the disk and its free space"
            )


def checked_output(path: PathLike) -> Path:
    """The path of a video that could be written; MediaError for another kind of file or a missing folder.

    Long work asks before it starts.
    """
    output = Path(path)
    if output.suffix.lower() not in _FORMATS:
        raise MediaError(f"cannot write {path}: expected a name that ends in {', '.join(_FORMATS)}")
    return check_output(output)


def _usable_tick(rate: Fraction, tick: Fraction | None) -> Fraction:
    """A unit of time, 1 / whole number, in which every number / rate and every multiple of `tick` is whole.

    Where no moderate number does it, the given tick alone.
    """
    wanted = Fraction(1) if tick is None else tick
    common = lcm(rate.numerator, wanted.denominator)
    if common <= _MAX_TICKS_A_SECOND:
        return Fraction(1, common)
    return Fraction(1, _MAX_TICKS_A_SECOND if tick is None else tick.denominator)


def _with_even_sides(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return image


def _ticks(frame: VideoFrame) -> int:
    """The time that `write` gave a frame."""
    assert frame.pts is not None
    return frame.pts


def _close_quietly(container: OutputContainer) -> None:
    """Close a file that is going to be removed, or was closed well before: then nothing happens."""
    with suppress(av.FFmpegError):
        container.close()
