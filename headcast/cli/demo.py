"""A built-in photo and a built-in motion in, a video and a contact sheet of it out: `headcast demo`."""

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from headcast.cli.report import Report
from headcast.errors import MediaError
from headcast.media.portraits import PORTRAITS, read_portrait
from headcast.types import Box, Image

SUMMARY = "animate a built-in photo with a built-in motion"

_SHEET_COLUMNS, _SHEET_ROWS = 4, 6
_TILE_SIZE = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast demo` understands."""
    parser.add_argument("-o", "--output", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--photo", choices=PHOTOS, default="astronaut", help="default: %(default)s")
    parser.add_argument("--motion", metavar="NAME_OR_FILE", default="talk", help="default: %(default)s")


def run(options: argparse.Namespace) -> Report:
    """Write the photo, the video and the contact sheet into the output folder; the report names them."""
    from headcast.cli.arguments import motion_argument
    from headcast.media.images import write_image
    from headcast.provenance.verify import read_marks
    from headcast.reenact.animate import animate_file
    from headcast.reenact.options import AnimateOptions
    from headcast.tracking.crop import head_crop
    from headcast.tracking.track import find_face

    motion = motion_argument(options.motion)
    folder = existing_dir(options.output)
    photo, video, sheet = folder / f"{options.photo}.png", folder / "demo.mp4", folder / "demo_sheet.png"
    picture = PHOTOS[options.photo]()
    write_image(photo, picture, {})
    result = animate_file(photo, motion, video, AnimateOptions(show_progress=not options.json))
    marks = read_marks(video)
    head = head_crop(find_face(picture), result.size)
    write_image(sheet, contact_sheet(video, result.num_frames, head), marks.to_metadata() if marks else {})
    lines = (
        f"video:         {video} ({result.num_frames} frames, took {result.seconds:.1f} s)",
        f"contact sheet: {sheet}",
        f"next:          headcast animate -s {photo} -d YOUR_VIDEO.mp4 -o {folder / 'mine.mp4'}",
    )
    return Report(lines, {"video": video, "contact_sheet": sheet, "photo": photo, "num_frames": result.num_frames})


def contact_sheet(video: Path, num_frames: int, box: Box) -> Image:
    """`box` of frames at even distances, row by row, in one picture of 4 columns and 6 rows."""
    from headcast.media.video import open_video
    from headcast.tracking.crop import crop_image

    wanted = set(np.linspace(0, num_frames - 1, _SHEET_COLUMNS * _SHEET_ROWS).round().astype(int).tolist())
    with open_video(video) as frames:
        tiles = [crop_image(frame.image, box, _TILE_SIZE) for number, frame in enumerate(frames) if number in wanted]
    tiles += [np.zeros_like(tiles[0])] * (_SHEET_COLUMNS * _SHEET_ROWS - len(tiles))  # of a motion shorter than that
    rows = [np.hstack(tiles[start : start + _SHEET_COLUMNS]) for start in range(0, len(tiles), _SHEET_COLUMNS)]
    return np.vstack(rows)


def existing_dir(path: Path) -> Path:
    """The folder, made where it is missing; MediaError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"cannot make the folder {path} ({error.strerror}); name another with --output") from error
    return path


PHOTOS: Final[Mapping[str, Callable[[], Image]]] = MappingProxyType(
    {name: partial(read_portrait, name) for name in PORTRAITS}
)
"""The public-domain portraits (NASA, US Navy) that come with the package."""
