"""A photo or avatar and a driving video, photo or motion in, a video file of the moving photo out."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from headcast.media.writer import VideoWriter, checked_output
from headcast.provenance.marks import Marks, fingerprint
from headcast.reenact.driving import Driving, open_driving
from headcast.reenact.motion_stream import DrivingFrame
from headcast.reenact.options import AnimateOptions
from headcast.reenact.session import FRAMES_AT_ONCE, Session, make_driver
from headcast.reenact.sitter import Sitter
from headcast.reenact.source import Source, SourceLike, open_source
from headcast.types import Image, Motion
from headcast.warping.draw import draw_landmark_image


@dataclass(frozen=True)
class AnimateResult:
    """What was written; `stages` has the busy seconds of each stage, which overlap."""

    output: Path
    num_frames: int
    rate: Fraction
    size: tuple[int, int]
    seconds: float
    first_frame_seconds: float
    runtime: str
    stages: dict[str, float] = field(default_factory=dict)


def animate_file(
    source: SourceLike, driving: str | Path | Motion, output: str | Path, options: AnimateOptions | None = None
) -> AnimateResult:
    """Animate the photo or avatar `source` and write the video `output`, which appears whole or not at all.

    `driving` is a video, photo, motion, .motion file or the name of a built-in motion. Raises a HeadcastError for
    files that cannot be used.

    >>> photo, nod = headcast.read_image("alice.png"), headcast.builtin_motion("nod", seconds=0.1)
    >>> headcast.animate_file(photo, nod, "nod.mp4").num_frames
    3
    """
    options = options or AnimateOptions()
    checked_output(output)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as beside:  # the driver is looked at while the photo is
        opening = beside.submit(open_driving, driving, smooth=options.smooth)
        shown = open_source(source, checkpoint=options.checkpoint, scale=options.scale)
        stages = make_driver(shown, options, FRAMES_AT_ONCE)
        motion = opening.result()
    marks = _marks(shown, driving)
    show = _Comparison(shown.sitter, motion) if options.compare else _result_only
    num_frames, first_frame_seconds, size = 0, 0.0, (0, 0)
    with ExitStack() as stack:
        session = stack.enter_context(Session(shown, options, stages=stages))
        session.measure_from(motion.sample)
        results = stack.enter_context(closing(session.stream(motion.frames(with_images=options.compare))))
        count = stack.enter_context(_progress(motion.num_frames, options))
        writer: VideoWriter | None = None
        for frame, result in results:
            image = show(frame, result)
            if writer is None:
                first_frame_seconds, size = time.monotonic() - started, (image.shape[1], image.shape[0])
                writer = stack.enter_context(_open_output(output, size, motion, marks, options))
            with session.watch("encode"):
                writer.write(image, frame.time if motion.tick else None)
            num_frames += 1
            count(num_frames)
    times = (time.monotonic() - started, first_frame_seconds)
    return AnimateResult(
        Path(output), num_frames, motion.rate, size, *times, session.runtime_name, session.watch.seconds
    )


@contextmanager
def _progress(num_frames: int, options: AnimateOptions) -> Iterator[Callable[[int], None]]:
    """Yield what is told the number of frames done: it moves the bar, and asks the user's function."""
    tell = options.progress or (lambda done, expected: None)
    if not options.show_progress:
        yield lambda done: tell(done, num_frames)
        return
    from tqdm import tqdm

    with tqdm(total=num_frames, unit="frame", disable=None) as bar:

        def count(done: int) -> None:
            bar.update()
            tell(done, num_frames)

        yield count


def _open_output(
    output: str | Path, size: tuple[int, int], motion: Driving, marks: Marks, options: AnimateOptions
) -> VideoWriter:
    sound = motion.sound_path if options.audio == "driving" else None
    return VideoWriter(output, size, motion.rate, tick=motion.tick, audio_from=sound, metadata=marks.to_metadata())


def _marks(shown: Source, driving: str | Path | Motion) -> Marks:
    """Say in the output what made it, and from what."""
    file = None if isinstance(driving, Motion) else Path(driving)
    return shown.marks("talking head", fingerprint(file) if file is not None and file.is_file() else None)


class _Comparison:
    """Lays driver, photo and result side by side; a driver without pictures shows its landmark image."""

    def __init__(self, sitter: Sitter, motion: Driving) -> None:
        self._sitter, self._motion = sitter, motion

    def __call__(self, frame: DrivingFrame, result: Image) -> Image:
        """Return one picture of the result's height."""
        same = self._sitter.photo if result.shape == self._sitter.photo.shape else self._sitter.shot.image
        driver = frame.image
        if driver is None:
            driver = draw_landmark_image(frame.landmarks, max(self._motion.image_size))
            driver = driver[: self._motion.image_size[1], : self._motion.image_size[0]]
        return np.hstack([_at_height(picture, result.shape[0]) for picture in (driver, same, result)])


def _result_only(_: DrivingFrame, result: Image) -> Image:
    return result


def _at_height(picture: Image, height: int) -> Image:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
