"""A motion in, a `.motion` file out, and back: safetensors, checked before anything of it is used.

Tensors: `landmarks` (N, 478, 3) float32, `found` (N,) bool, `ticks` (N,) int64, the frames' times in units of
`time_base`. Metadata: format, version, time_base as "1/30000", image_size as "1280x720".
"""

import math
import re
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from headcast.errors import MotionError
from headcast.files import PathLike, write_file
from headcast.header import FileKind, read_header, read_metadata
from headcast.limits import MAX_DURATION_SECONDS, MAX_MOTION_FRAMES, MAX_MOTION_HEADER_BYTES, MAX_PAUSE_SECONDS
from headcast.media.files import existing_file
from headcast.printable import brief
from headcast.strict import check_landmarks
from headcast.types import NUM_LANDMARKS, Motion

MOTION: Final = FileKind(
    "motion file",
    format="headcast-motion",
    version=1,
    writer="headcast motion extract",
    error=MotionError,
    max_header_bytes=MAX_MOTION_HEADER_BYTES,
)
_MAX_IMAGE_SIDE: Final = 1 << 15
_MAX_TICKS: Final = 10**18  # fits into 64 bits
_DTYPES: Final = {"landmarks": "F32", "found": "BOOL", "ticks": "I64"}


def save_motion(path: PathLike, motion: Motion) -> None:
    """Write a motion; the file appears whole or not at all. ValueError for a motion that contradicts itself.

    >>> headcast.save_motion("blink.motion", headcast.builtin_motion("blink"))
    """
    problem = _problem(motion)
    if problem:
        raise ValueError(f"this motion cannot be saved: {problem}")
    denominator = math.lcm(*(time.denominator for time in motion.times))
    if max(motion.times[-1], Fraction(1)) * denominator >= _MAX_TICKS:
        raise ValueError("this motion cannot be saved: its times have no common time base of practical size")
    tensors = {
        "landmarks": np.ascontiguousarray(motion.landmarks, np.float32),
        "found": np.ascontiguousarray(motion.found, np.bool_),
        "ticks": np.array([int(time * denominator) for time in motion.times], np.int64),
    }
    metadata = {
        "format": MOTION.format,
        "version": str(MOTION.version),
        "time_base": f"1/{denominator}",
        "image_size": "{}x{}".format(*motion.image_size),
    }
    write_file(path, lambda content: save_file(tensors, content, metadata))


def load_motion(path: PathLike) -> Motion:
    """Read a motion file; MotionError for one that is broken, hostile, too large or of another version.

    >>> len(headcast.load_motion("nod.motion"))
    6
    """
    file = existing_file(path)
    metadata = read_metadata(file, read_header(file, MOTION), MOTION)
    try:
        with safe_open(file, "numpy") as content:
            _check_tensors(content, path)
            landmarks, found, ticks = (content.get_tensor(name) for name in _DTYPES)
    except (SafetensorError, OSError) as error:
        raise _broken(path, brief(error)) from error
    time_base, image_size = _read_units(metadata, path)
    if not 0 <= ticks.min() <= ticks.max() <= MAX_DURATION_SECONDS / time_base:  # before millions of huge fractions
        raise _broken(path, f"its times do not lie from 0 to {MAX_DURATION_SECONDS} seconds")
    motion = Motion(landmarks, tuple(int(tick) * time_base for tick in ticks), image_size, found)
    problem = _problem(motion)
    if problem:
        raise _broken(path, problem)
    return motion


def _check_tensors(content: Any, path: PathLike) -> None:
    """Compare what the header promises with what a motion is, before any of it is read."""
    if set(content.keys()) != set(_DTYPES):
        raise _broken(path, f"expected the tensors {', '.join(_DTYPES)}")
    parts = {name: content.get_slice(name) for name in _DTYPES}
    num_frames = parts["landmarks"].get_shape()[:1]
    expected = {"landmarks": [*num_frames, NUM_LANDMARKS, 3], "found": num_frames, "ticks": num_frames}
    for name, part in parts.items():
        if part.get_dtype() != _DTYPES[name] or part.get_shape() != expected[name]:
            raise _broken(path, f"{name} is {part.get_dtype()} {part.get_shape()}"[:80])
    if not 1 <= num_frames[0] <= MAX_MOTION_FRAMES:
        raise _broken(path, f"it has {num_frames[0]} frames, expected 1 to {MAX_MOTION_FRAMES}")


def _read_units(metadata: dict[str, str], path: PathLike) -> tuple[Fraction, tuple[int, int]]:
    """Return the time base and the image size (width, height)."""
    time_base = re.fullmatch(r"1/([1-9]\d{0,17})", str(metadata.get("time_base")), re.ASCII)
    image_size = re.fullmatch(r"(\d{1,6})x(\d{1,6})", str(metadata.get("image_size")), re.ASCII)
    if not time_base or not image_size:
        raise _broken(path, "its time base or image size cannot be read")
    return Fraction(1, int(time_base[1])), (int(image_size[1]), int(image_size[2]))


def _problem(motion: Motion) -> str:
    """Say what is wrong with a motion, nothing if nothing is."""
    num_frames = len(motion.times)
    if not 1 <= num_frames <= MAX_MOTION_FRAMES:
        return f"it has {num_frames} frames, expected 1 to {MAX_MOTION_FRAMES}"
    if motion.landmarks.shape != (num_frames, NUM_LANDMARKS, 3) or motion.found.shape != (num_frames,):
        return f"landmarks {motion.landmarks.shape} and found {motion.found.shape} do not fit {num_frames} times"
    if not all(1 <= side <= _MAX_IMAGE_SIDE for side in motion.image_size):
        return f"its image size {motion.image_size} is not within 1 to {_MAX_IMAGE_SIDE}"
    try:
        check_landmarks(motion.landmarks)
    except ValueError as error:
        return str(error)
    steps = [b - a for a, b in pairwise(motion.times)]
    if motion.times[0] < 0 or min(steps, default=1) <= 0:
        return "its times do not increase from 0 on"
    if motion.times[-1] > MAX_DURATION_SECONDS or max(steps, default=0) > MAX_PAUSE_SECONDS:
        return f"it is longer than {MAX_DURATION_SECONDS} seconds, or pauses for more than {MAX_PAUSE_SECONDS}"
    return ""


def _broken(path: PathLike, problem: str) -> MotionError:
    return MotionError(f"{path} is no readable motion file ({problem}); make it again with: headcast motion extract")
