"""Two photos in; how fast one animates the other here, stage by stage and from file to file, out.

The driver is a video: one of the photos, moved by a built-in motion, so that decoding and tracking have their share.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from headcast.errors import FaceError, HeadcastError
from headcast.evaluation.machine import describe_machine
from headcast.geometry.builtin import builtin_motion
from headcast.media.images import write_image
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.reenact.animate import animate_file
from headcast.reenact.options import SessionOptions
from headcast.reenact.session import make_driver
from headcast.reenact.source import open_source
from headcast.reenact.stopwatch import Stopwatch
from headcast.tracking.track import FaceTracker
from headcast.types import Image

SIZE: Final = (1280, 720)  # width, height of photo and driver
NUM_WARM_UP: Final = 5  # frames that are not counted
SQUARE: Final = 2048  # side of the matrices that say how fast the machine itself is
NUM_STARTS: Final = 2
SHARES: Final = (0.5, 0.95)


@dataclass(frozen=True)
class BenchResult:
    """Milliseconds of each stage (p50, p95), one after another; and `headcast animate` as a whole, where they overlap.

    `first_frame_seconds` count from typing, of each start; `frames_a_second` after the first frame; `peak_memory_mib`
    is None where the system does not tell. `matrix_gflops` is of an f32 matrix product in the same run.
    """

    machine: Mapping[str, str]
    matrix_gflops: float
    runtime: str
    stages_ms: Mapping[str, tuple[float, float]]
    first_frame_seconds: tuple[float, ...]
    frames_a_second: float
    peak_memory_mib: float | None
    num_frames: int


def run_bench(
    photo: Image, driver: Image, *, num_frames: int = 150, precision: str = "auto", say: Callable[[str], None] = print
) -> BenchResult:
    """Time the whole product; `say` is told what is going on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, driving = folder / "photo.png", folder / "driver.mp4"
        write_image(source, fit_into(photo, SIZE), {})
        say(f"making a driver of {num_frames} frames, {SIZE[0]}x{SIZE[1]} ...")
        motion = builtin_motion("talk", seconds=num_frames / 30)
        num_frames = animate_file(fit_into(driver, SIZE), motion, driving).num_frames
        say("timing the stages, one after another ...")
        stages, runtime = time_stages(source, driving, precision, folder / "stages.mp4")
        say(f"timing headcast animate, {NUM_STARTS} times ...")
        starts = [animate_once(source, driving, folder / "whole.mp4", precision) for _ in range(NUM_STARTS)]
    peaks = [start.peak_memory_mib for start in starts if start.peak_memory_mib is not None]
    return BenchResult(
        describe_machine(),
        matrix_gflops(),
        runtime,
        stages,
        tuple(start.first_frame_seconds for start in starts),
        max(start.frames_a_second for start in starts),
        max(peaks, default=None),
        num_frames,
    )


def time_stages(
    source: Path, driving: Path, precision: str, output: Path
) -> tuple[dict[str, tuple[float, float]], str]:
    """Return p50 and p95 of each stage in milliseconds, and what the network ran on."""
    driver = make_driver(open_source(source), SessionOptions(precision=precision))
    watch = Stopwatch()
    with (
        open_video(driving) as video,
        closing(FaceTracker()) as tracker,
        VideoWriter(output, SIZE, video.rate) as writer,
    ):
        pictures = watch.items("decode", video.pictures())
        for number, (picture, _) in enumerate(pictures):
            with watch("track"):
                face = tracker.track(picture)
            if face is None:
                raise FaceError(f"no face in frame {number} of the driver; give --driver another photo")
            if number == 0:
                driver.measure_from([face])
            with watch("retarget"):
                landmarks = driver.retarget(face)
            with watch("warp"):
                warped = driver.condition(landmarks)
            with watch("generate"):
                generated = driver.generate(warped)
            with watch("paste back"):
                pasted = driver.finish(generated, warped)
            with watch("encode"):
                writer.write(pasted)
            if number == NUM_WARM_UP:
                watch.forget()
    p50, p95 = ({stage: 1000 * watch.quantile(stage, share) for stage in watch.seconds} for share in SHARES)
    return {stage: (p50[stage], p95[stage]) for stage in p50}, driver.runtime_name


@dataclass(frozen=True)
class Start:
    """One run of `headcast animate` in a process of its own."""

    first_frame_seconds: float
    frames_a_second: float
    peak_memory_mib: float | None


def animate_once(source: Path, driving: Path, output: Path, precision: str) -> Start:
    """Animate from the command line; HeadcastError where that fails."""
    words = ["animate", "-s", source, "-d", driving, "-o", output, "--precision", precision, "--json"]
    started = time.perf_counter()
    report, peak = _run_headcast([str(word) for word in words])
    wall = time.perf_counter() - started
    rest = report["seconds"] - report["first_frame_seconds"]
    return Start(wall - rest, (report["num_frames"] - 1) / rest, peak)


def matrix_gflops() -> float:
    """Return 10^9 operations a second of a product of two f32 matrices, the best of five."""
    one = np.random.default_rng(0).random((SQUARE, SQUARE), np.float32)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        one @ one
        seconds.append(time.perf_counter() - started)
    return float(2 * SQUARE**3 / min(seconds) / 1e9)


def fit_into(image: Image, size: tuple[int, int]) -> Image:
    """Scale a photo to fit into (width, height) and fill what is left by repeating its edge."""
    scale = min(size[0] / image.shape[1], size[1] / image.shape[0])
    width, height = (round(scale * side) for side in (image.shape[1], image.shape[0]))
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    margins = ((top, size[1] - height - top), (left, size[0] - width - left), (0, 0))
    return np.pad(np.asarray(scaled, np.uint8), margins, mode="edge")


def _run_headcast(words: list[str]) -> tuple[dict[str, Any], float | None]:
    """Run the program; return its report, and the most memory it held at once in MiB where the system tells."""
    command = [sys.executable, "-m", "headcast", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer, peak = process.stdout.read(), None
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    if process.returncode != 0:
        raise HeadcastError(f"headcast {words[0]} ended with exit code {process.returncode}: {answer.strip()[-300:]}")
    return json.loads(answer), peak
