"""A photo or avatar and a driving video, photo or motion in, a video file of the moving photo out."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from tqdm import tqdm

from headcast.media.prefetch import prefetch
from headcast.media.writer import VideoWriter, checked_output
from headcast.provenance.marks import Marks, fingerprint
from headcast.reenact.driver import Driver
from headcast.reenact.driving import Driving, DrivingFrame, open_driving
from headcast.reenact.sitter import Sitter
from headcast.reenact.source import Source, open_source
from headcast.types import Image
from headcast.warping.draw import draw_landmark_image
from headcast.warping.warp import WarpedShot

Item = TypeVar("Item")

AUDIO = ("driving", "none")
FRAMES_AHEAD = 4


@dataclass(frozen=True)
class AnimateOptions:
    """How to animate; the defaults suit a portrait photo and a talking driver."""

    relative: bool = True  # add the driver's movement to the photo's own expression, or take the driver's as it is
    strength: float = 1.0  # of the movement
    region: str = "all"  # what moves: all, expression, pose, lips or eyes
    smooth: bool = True  # take the tracker's jitter out of a video
    paste_back: bool = True  # the whole photo, or the square around the head only
    audio: str = "driving"  # whose sound: driving or none
    compare: bool = False  # driver, photo and result side by side
    scale: float = 1.0  # of the square around the head
    checkpoint: Path | None = None  # other weights than those of the package
    device: str = "auto"  # auto, cpu or cuda
    precision: str = "auto"  # auto, bf16 or f32
    seed: int = 0  # recorded in the marks; nothing here is random yet
    show_progress: bool = False  # a bar with the time left, on standard error
    progress: Callable[[int, int], None] | None = None  # called with frames done and expected; may raise to cancel

    def __post_init__(self) -> None:
        if self.audio not in AUDIO:
            raise ValueError(f"audio must be one of {', '.join(AUDIO)}, not {self.audio!r}")


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
    source: str | Path, driving: str | Path, output: str | Path, options: AnimateOptions | None = None
) -> AnimateResult:
    """Animate the photo or avatar `source` and write the video `output`, which appears whole or not at all.

    `driving` is a video, photo, .motion file or the name of a built-in motion. Raises a HeadcastError for files that
    cannot be used.
    """
    options = options or AnimateOptions()
    checked_output(output)
    started = time.monotonic()
    shown = open_source(source, checkpoint=options.checkpoint, scale=options.scale)
    motion = open_driving(driving, smooth=options.smooth)
    driver = Driver(
        shown.sitter,
        shown.avatar,
        relative=options.relative,
        strength=options.strength,
        region=options.region,
        paste_back=options.paste_back,
        device=options.device,
        precision=options.precision,
    )
    driver.measure_from(motion.sample)
    marks = _marks(shown, driving, options)
    show = _Comparison(shown.sitter, motion) if options.compare else _result_only
    watch, num_frames, first_frame_seconds, size = Stopwatch(), 0, 0.0, (0, 0)
    with ExitStack() as stack:
        results = stack.enter_context(closing(_results(driver, motion, watch, with_images=options.compare)))
        bar = stack.enter_context(
            tqdm(total=motion.num_frames, unit="frame", disable=None if options.show_progress else True)
        )
        writer: VideoWriter | None = None
        for frame, result in results:
            image = show(frame, result)
            if writer is None:
                first_frame_seconds, size = time.monotonic() - started, (image.shape[1], image.shape[0])
                writer = stack.enter_context(_open_output(output, size, motion, marks, options))
            with watch("encode"):
                writer.write(image, frame.time if motion.tick else None)
            num_frames += 1
            bar.update()
            if options.progress:
                options.progress(num_frames, motion.num_frames)
    seconds = time.monotonic() - started
    name = driver.runtime_name
    return AnimateResult(Path(output), num_frames, motion.rate, size, seconds, first_frame_seconds, name, watch.seconds)


class Stopwatch:
    """Adds up the busy seconds of named stages; each stage runs in one thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time inside the block."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def items(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Count the time that making each item takes."""
        iterator = iter(items)
        while True:
            with self(stage):
                item = next(iterator, None)
            if item is None:
                return
            yield item


def _results(
    driver: Driver, motion: Driving, watch: Stopwatch, *, with_images: bool
) -> Generator[tuple[DrivingFrame, Image], None, None]:
    """Yield each driving frame with its output frame; reading, warping and generating run side by side."""

    def conditioned(frames: Iterable[DrivingFrame]) -> Iterator[tuple[DrivingFrame, WarpedShot]]:
        for frame in frames:
            with watch("retarget"):
                landmarks = driver.retarget(frame.landmarks)
            with watch("warp"):
                warped = driver.condition(landmarks)
            yield frame, warped

    read = watch.items("decode and track", motion.frames(with_images=with_images))
    for frame, warped in prefetch(conditioned(prefetch(read, FRAMES_AHEAD)), FRAMES_AHEAD):
        with watch("generate"):
            generated = driver.generate(warped)
        with watch("paste back"):
            image = driver.finish(generated, warped)
        yield frame, image


def _open_output(
    output: str | Path, size: tuple[int, int], motion: Driving, marks: Marks, options: AnimateOptions
) -> VideoWriter:
    sound = motion.sound_path if options.audio == "driving" else None
    return VideoWriter(output, size, motion.rate, tick=motion.tick, audio_from=sound, metadata=marks.to_metadata())


def _marks(shown: Source, driving: str | Path, options: AnimateOptions) -> Marks:
    """Say in the output what made it, and from what."""
    driver = Path(driving)
    return Marks(
        kind="talking head",
        model=shown.model_path.name,
        model_sha256=fingerprint(shown.model_path),
        source_sha256=shown.source_sha256,
        driving_sha256=fingerprint(driver) if driver.is_file() else None,
        seed=options.seed,
        consent=shown.consent,
    )


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
