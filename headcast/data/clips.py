"""A folder of talking-head clips in, tracked clips of 256-pixel frames out, kept in a cache on disk.

Each clip shows one person. Its frames are cut to one fixed square around the head and shoulders, so that what moves
in the clip moves in the frames.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from headcast.config import cache_dir, writable_cache_dir
from headcast.data.cut import FRAME_SIZE, TrackedClip, track_clip
from headcast.data.lists import read_list
from headcast.errors import DataError, MediaError
from headcast.files import write_file
from headcast.limits import MAX_SEED
from headcast.strict import check_landmarks, parse_fraction, parse_json
from headcast.types import Box, Image, Mask, Shot

CACHE_VERSION = 3
MAX_READABLE = 48  # letters of a clip's name in the names of files about it
SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg")


@dataclass(frozen=True)
class ClipFile:
    """One clip and its person's label; clips of one identity must not stand on both sides of a split."""

    path: Path
    identity: str


@dataclass(frozen=True)
class Clip:
    """A tracked clip, read frame by frame from the cache.

    `landmarks` (N, 478, 3) are in pixels of the 256-pixel frames; `rate` is in frames a second; `box` is the square of
    the video's picture that the frames show.
    """

    name: str
    identity: str
    video_path: Path
    cache_path: Path
    landmarks: NDArray[np.float32]
    rate: Fraction
    box: Box

    def __len__(self) -> int:
        return len(self.landmarks)

    @property
    def frames(self) -> NDArray[np.uint8]:
        """All frames (N, 256, 256, 3)."""
        with safe_open(self.cache_path, "numpy") as arrays:
            return np.asarray(arrays.get_tensor("frames"))

    def shot(self, number: int) -> Shot:
        """Return frame `number` with its landmarks and the person's matte."""
        with safe_open(self.cache_path, "numpy") as arrays:
            image: Image = arrays.get_slice("frames")[number]
            matte: NDArray[np.uint8] = arrays.get_slice("mattes")[number]
        return Shot(image, self.landmarks[number], _to_mask(matte))


def find_clips(folder: Path, list_path: Path | None = None, split: str | None = None) -> list[ClipFile]:
    """List the clips of a folder: all of them, or those of a CSV with columns `file`, `identity` and `split`.

    Without a list a clip's identity is its name up to the first underscore, or its own folder inside of `folder`.
    """
    if not folder.is_dir():
        raise DataError(f"no folder {folder}; give a folder of video clips")
    if list_path is not None:
        clips = _read_list(folder, list_path, split)
    else:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        clips = [ClipFile(path, _identity_of(path, folder)) for path in paths]
    if not clips:
        raise DataError(f"no clips in {folder}; expected files ending in {', '.join(SUFFIXES)}")
    return clips


def load_clips(files: list[ClipFile], cache: Path | None = None) -> Iterator[Clip]:
    """Yield each clip, tracked now or taken from the cache; a clip without a usable face raises FaceError."""
    for file in files:
        yield load_clip(file, cache)


def load_clip(file: ClipFile, cache: Path | None = None) -> Clip:
    """Track one clip, or take it from the cache; one that is damaged is tracked again."""
    readable = re.sub(r"[^\w.-]+", "-", file.path.stem)[:MAX_READABLE]  # the fingerprint tells clips apart
    name = f"{readable}-{_fingerprint(file.path)}.safetensors"
    path = (cache or cache_dir() / "clips") / name
    with contextlib.suppress(OSError, SafetensorError, KeyError, TypeError, ValueError):
        return _read_cache(path, file)
    path = (cache or writable_cache_dir("clips")) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_cache(path, track_clip(file.path))
    return _read_cache(path, file)


def _read_cache(path: Path, file: ClipFile) -> Clip:
    """A clip from the cache; one of many errors where it is not there, or not as it was written."""
    with safe_open(path, "numpy") as arrays:
        notes = {name: parse_json(value) for name, value in arrays.metadata().items()}
        landmarks = arrays.get_tensor("landmarks")
        shapes = {name: tuple(arrays.get_slice(name).get_shape()) for name in ("frames", "mattes")}
    count, size = len(landmarks), FRAME_SIZE
    if shapes != {"frames": (count, size, size, 3), "mattes": (count, size, size)} or landmarks.dtype != np.float32:
        raise ValueError("its arrays do not fit each other")
    check_landmarks(landmarks)
    rate = parse_fraction(notes["rate"], Fraction(1, MAX_SEED), MAX_SEED, "rate")
    return Clip(file.path.stem, file.identity, file.path, path, landmarks, rate, Box(*notes["box"]))


def _write_cache(path: Path, clip: TrackedClip) -> None:
    arrays: dict[str, NDArray[Any]] = {"frames": clip.frames, "mattes": clip.mattes, "landmarks": clip.landmarks}
    notes = {"rate": json.dumps(str(clip.rate)), "box": json.dumps(astuple(clip.box))}
    write_file(path, partial(save_file, arrays, metadata=notes))


def _read_list(folder: Path, list_path: Path, split: str | None) -> list[ClipFile]:
    rows = read_list(list_path, *(["split"] if split else []))
    clips = [ClipFile(folder / row["file"], row["identity"]) for row in rows if split in (None, row.get("split"))]
    missing = [clip.path for clip in clips if not clip.path.is_file()]
    if missing:
        raise MediaError(f"{missing[0]} is listed in {list_path} but does not exist; fix the list")
    return clips


def _identity_of(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else path.stem.split("_")[0]


def _fingerprint(path: Path) -> str:
    status = path.stat()
    text = f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {CACHE_VERSION}"
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]


def _to_mask(values: NDArray[np.uint8]) -> Mask:
    return np.asarray(values / np.float32(255), np.float32)
