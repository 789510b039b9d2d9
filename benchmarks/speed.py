"""A photo and a driving video in; each stage's time a frame, and the frames a second end to end, out.

The photo is fitted into 1280x720. Stages run one after another in one process, as if nothing overlapped; end to end is
`headcast animate` itself, whose stages overlap.

    python benchmarks/speed.py --source PHOTO --driving VIDEO_720P
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from _machine import describe_machine, print_machine

from headcast.avatars.from_torch import avatar_of
from headcast.errors import HeadcastError
from headcast.media.images import read_image
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import Model
from headcast.networks.notes import default_checkpoint_path
from headcast.reenact.animate import Stopwatch
from headcast.reenact.driver import Driver
from headcast.reenact.sitter import make_sitter
from headcast.tracking.track import FaceTracker
from headcast.types import Image

PHOTO_SIZE = (1280, 720)
NUM_WARM_UP = 5


def main() -> None:
    """Time each precision and print a table."""
    options = parse_options()
    print_machine()
    photo = fit_into(read_image(options.source), PHOTO_SIZE)
    checkpoint = options.checkpoint or default_checkpoint_path()
    model = load_checkpoint(checkpoint)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        photo_path = Path(folder) / "photo.png"
        cv2.imwrite(str(photo_path), photo[..., ::-1])
        for precision in ("bf16", "f32"):
            stages = time_stages(photo, options.driving, model, precision, options.frames, Path(folder))
            whole = time_command(photo_path, options.driving, checkpoint, precision, Path(folder))
            results[precision] = {"stages_ms": stages, **whole}
            print_result(precision, stages, whole)
    if options.json:
        text = json.dumps({"machine": describe_machine(), "results": results}, indent=1)
        options.json.write_text(text, encoding="utf-8")


def time_stages(
    photo: Image, driving: Path, model: Model, precision: str, num_frames: int, folder: Path
) -> dict[str, float]:
    """Return each stage's milliseconds a frame, mean over the frames after warming up."""
    sitter = make_sitter(photo, size=model.config.image_size)
    driver = Driver(sitter, avatar_of(model, [sitter.shot]), precision=precision)
    watch = Stopwatch()
    with (
        open_video(driving) as video,
        closing(FaceTracker()) as tracker,
        VideoWriter(folder / f"stages_{precision}.mp4", PHOTO_SIZE, video.rate) as writer,
    ):
        frames = iter(video)
        for number in range(num_frames + NUM_WARM_UP):
            if number == NUM_WARM_UP:
                watch = Stopwatch()
            with watch("decode"):
                frame = next(frames, None)
            if frame is None:
                raise SystemExit(f"speed: {driving} has {number} frames; use a longer driver or fewer --frames")
            with watch("track"):
                face = tracker.track(frame.image)
            if face is None:
                raise SystemExit(f"speed: no face in frame {number} of {driving}; use another driver or fewer --frames")
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
    return {stage: 1000 * seconds / num_frames for stage, seconds in watch.seconds.items()}


def time_command(photo_path: Path, driving: Path, checkpoint: Path, precision: str, folder: Path) -> dict[str, float]:
    """Animate the whole driver from the command line; the first frame's seconds count from typing the command."""
    output = folder / f"whole_{precision}.mp4"
    files = ["-s", str(photo_path), "-d", str(driving), "-o", str(output), "--checkpoint", str(checkpoint)]
    command = [sys.executable, "-m", "headcast", "animate", *files, "--precision", precision, "--json"]
    start = time.perf_counter()
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    wall_seconds = time.perf_counter() - start
    if answer.returncode != 0:
        raise SystemExit(f"speed: headcast animate failed: {answer.stdout.strip()}")
    report = json.loads(answer.stdout)
    num_frames, first = report["num_frames"], report["first_frame_seconds"]
    return {
        "num_frames": num_frames,
        "first_frame_seconds": first + wall_seconds - report["seconds"],
        "frames_a_second": (num_frames - 1) / (report["seconds"] - first),
        "frames_a_second_from_the_start": num_frames / wall_seconds,
    }


def fit_into(image: Image, size: tuple[int, int]) -> Image:
    """Scale a photo to fit into (width, height) and fill what is left by repeating its edge."""
    scale = min(size[0] / image.shape[1], size[1] / image.shape[0])
    width, height = (round(scale * side) for side in (image.shape[1], image.shape[0]))
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    margins = ((top, size[1] - height - top), (left, size[0] - width - left), (0, 0))
    return np.pad(np.asarray(scaled, np.uint8), margins, mode="edge")


def print_result(precision: str, stages: dict[str, float], whole: dict[str, float]) -> None:
    """Print one precision's stages and its end-to-end speed."""
    total = sum(stages.values())
    print(f"\n{precision}")
    for stage, milliseconds in stages.items():
        print(f"{stage:>12}: {milliseconds:6.1f} ms")
    print(f"{'in a row':>12}: {total:6.1f} ms, {1000 / total:.1f} frames a second")
    print(
        f"{'end to end':>12}: {whole['frames_a_second']:.1f} frames a second after the first frame, which takes "
        f"{whole['first_frame_seconds']:.1f} s; {whole['frames_a_second_from_the_start']:.1f} all in all "
        f"({whole['num_frames']:.0f} frames)"
    )


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-s", "--source", type=Path, required=True, help="a photo of any size")
    parser.add_argument("-d", "--driving", type=Path, required=True, help="a video, 1280x720 for the README's figure")
    parser.add_argument("--checkpoint", type=Path, help="default: the weights that come with the package")
    parser.add_argument("--frames", type=int, default=100, help="for the stages' times; default: %(default)s")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"speed: {error}") from None
