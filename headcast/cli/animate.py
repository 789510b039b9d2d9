"""A photo or avatar and a driving video, photo or motion in, a video of the talking photo out: `headcast animate`."""

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path

from headcast.cli.arguments import motion_argument, number
from headcast.cli.report import Report
from headcast.errors import MediaError
from headcast.reenact.options import AUDIO, DEVICES, PRECISIONS, REGIONS, SCALES, STRENGTHS, AnimateOptions

SUMMARY = "make a photo move like a driving video"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast animate` understands."""
    yes_or_no = argparse.BooleanOptionalAction
    files = parser.add_argument_group("files")
    files.add_argument(
        "-s", "--source", type=Path, required=True, metavar="FILE", help="photo, painting or .avatar file"
    )
    driver = files.add_mutually_exclusive_group(required=True)
    driver.add_argument("-d", "--driving", type=Path, metavar="FILE", help="video, photo or .motion file to follow")
    driver.add_argument("--motion", metavar="NAME_OR_FILE", help="built-in motion (see headcast motion list) or file")
    files.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mp4", help="video, or existing folder")

    motion = parser.add_argument_group("motion")
    motion.add_argument(
        "--relative",
        action=yes_or_no,
        default=True,
        help="add the driver's movement to the photo's own expression; default: on",
    )
    motion.add_argument(
        "--strength", type=number(*STRENGTHS), default=1.0, metavar="S", help="of the movement, 0 to 3; default: 1"
    )
    motion.add_argument("--region", choices=REGIONS, default="all", help="what moves; default: %(default)s")
    motion.add_argument("--smooth", action=yes_or_no, default=True, help="take the tracker's jitter out; default: on")

    picture = parser.add_argument_group("picture and sound")
    picture.add_argument(
        "--paste-back", action=yes_or_no, default=True, help="full photo, not only the head's crop; default: on"
    )
    picture.add_argument(
        "--scale", type=number(*SCALES), default=1.0, metavar="S", help="of the head's crop, 0.5 to 2; default: 1"
    )
    picture.add_argument("--compare", action="store_true", help="driver, photo and result side by side; default: off")
    picture.add_argument("--audio", choices=AUDIO, default="driving", help="default: %(default)s")

    add_model_arguments(parser)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the weights come from and what they run on."""
    model = parser.add_argument_group("model")
    model.add_argument("--checkpoint", type=Path, metavar="FILE", help="default: the weights of the package")
    model.add_argument("--device", choices=DEVICES, default="auto", help="default: %(default)s")
    model.add_argument("--precision", choices=PRECISIONS, default="auto", help="default: %(default)s")


def run(options: argparse.Namespace) -> Report:
    """Animate one photo; the report names the video, its length and the time it took."""
    driving = options.driving or options.motion
    if sys.stderr.isatty() and not options.json:  # before what takes a second to import
        print(f"{driving} drives {options.source} ...", file=sys.stderr, flush=True)
    import cv2

    from headcast.reenact.animate import animate_file

    cv2.setNumThreads(1)  # stages run side by side, and OpenCV's own threads would only stand in their way
    driving = options.driving or motion_argument(options.motion)
    output = output_file(options.output, options.source, driving)
    settings = {field.name: getattr(options, field.name) for field in fields(AnimateOptions) if field.name in options}
    result = animate_file(options.source, driving, output, AnimateOptions(**settings, show_progress=not options.json))
    line = (
        f"{result.output}: {result.num_frames} frames, {float(result.rate):.4g} a second; took {result.seconds:.1f} s"
    )
    return Report((line,), {**asdict(result), "settings": settings})


def output_file(output: Path, source: Path, driving: Path | str) -> Path:
    """The file to write: `output` itself, or photo--driver.mp4 in it where it is a folder.

    MediaError where that would overwrite what is read.
    """
    file = output / f"{source.stem}--{Path(driving).stem}.mp4" if output.is_dir() else output
    if file.resolve() in {Path(read).resolve() for read in (source, driving)}:
        raise MediaError(f"{file} would be overwritten while it is read; give another --output")
    return file
