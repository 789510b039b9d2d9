"""Prepared clips in, a tar file in WebDataset's conventions out, and back; nothing a stranger's file says is trusted.

One clip is a run of members that share a key, the name up to the first dot:

    KEY.json           who, which video, frames a second, how good (`ClipNotes`)
    KEY.landmarks.npy  (N, 478, 3) float32 in pixels of the frames
    KEY.0000.jpg       a frame, 256 x 256
    KEY.0000.png       the person's matte on it, 8-bit grey

The same clips give the same bytes: no times, no owners.
"""

import dataclasses
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from headcast.data.cut import FRAME_SIZE, MAX_FRAMES
from headcast.errors import DataError
from headcast.types import NUM_LANDMARKS, Image

JPEG_QUALITY: Final = 95

_MAX_MEMBER_BYTES: Final = 32 << 20  # the landmarks of MAX_FRAMES frames take half
_MEMBER: Final = re.compile(r"(?P<key>[A-Za-z0-9_-]{1,80})\.(?P<field>json|landmarks\.npy|\d{4}\.jpg|\d{4}\.png)")
_Member = tuple[str, str, bytes]  # key, field, content

# What tarfile, json, numpy and fractions raise on what is not as written.
_BROKEN: Final = (
    OSError,
    EOFError,
    tarfile.TarError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True)
class ClipNotes:
    """What KEY.json says. `rate` is frames a second as a fraction; `quality` the figures of `measure_quality`."""

    identity: str
    video: str
    clip: str
    rate: str
    num_frames: int
    split: str
    tier: str
    quality: Mapping[str, float]


@dataclass(frozen=True)
class EncodedClip:
    """One clip as it lies in a shard: `frames` are JPEG files, `mattes` PNG files, one a frame."""

    key: str
    notes: ClipNotes
    landmarks: NDArray[np.float32]
    frames: tuple[bytes, ...]
    mattes: tuple[bytes, ...]


def write_clips(path: Path, clips: Iterable[EncodedClip]) -> str:
    """Write clips to a tar file, return the SHA-256 of its bytes."""
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for clip in clips:
            for field, content in _members(clip):
                member = tarfile.TarInfo(f"{clip.key}.{field}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return sha256_of(path)


def read_clips(path: Path) -> Iterator[EncodedClip]:
    """Read the clips of a shard one by one; DataError, naming the shard, for anything that is not as written."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            for key, members in groupby(_read_members(tar, path), key=lambda member: member[0]):
                yield _clip(key, [(field, content) for _, field, content in members])
    except _BROKEN as error:
        raise DataError(f"{path} is broken ({error!s:.100}); delete it and run `headcast prepare` again") from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def encode_frame(image: Image) -> bytes:
    """A frame as a JPEG file of quality 95, colours at full resolution."""
    return _saved(image, format="JPEG", quality=JPEG_QUALITY, subsampling=0)


def encode_matte(matte: NDArray[np.uint8]) -> bytes:
    """A matte (256, 256) as a PNG file."""
    return _saved(matte, format="PNG", compress_level=6)


def decode_frame(content: bytes) -> Image:
    """The frame (256, 256, 3) of a JPEG file; ValueError for anything else, of which nothing large is decoded."""
    return _loaded(content, "JPEG", "RGB")


def decode_matte(content: bytes) -> NDArray[np.uint8]:
    """The matte (256, 256) of a PNG file; ValueError for anything else."""
    return _loaded(content, "PNG", "L")


def _members(clip: EncodedClip) -> Iterator[tuple[str, bytes]]:
    yield "json", json.dumps(dataclasses.asdict(clip.notes), sort_keys=True).encode()
    landmarks = io.BytesIO()
    np.save(landmarks, np.ascontiguousarray(clip.landmarks, "<f4"), allow_pickle=False)
    yield "landmarks.npy", landmarks.getvalue()
    for number, (frame, matte) in enumerate(zip(clip.frames, clip.mattes, strict=True)):
        yield f"{number:04}.jpg", frame
        yield f"{number:04}.png", matte


def _read_members(tar: tarfile.TarFile, path: Path) -> Iterator[_Member]:
    for member in tar:
        name = _MEMBER.fullmatch(member.name)
        content = tar.extractfile(member) if member.isreg() and member.size <= _MAX_MEMBER_BYTES else None
        if name is None or content is None:
            raise ValueError(f"it holds {member.name!r:.60}")
        yield name["key"], name["field"], content.read()


def _clip(key: str, found: list[tuple[str, bytes]]) -> EncodedClip:
    members = dict(found)
    if len(members) < len(found):
        raise ValueError(f"it holds a member of {key} twice")
    notes = _notes(json.loads(members["json"]))
    fields = [f"{number:04}" for number in range(notes.num_frames)]
    if len(members) != 2 + 2 * len(fields):
        raise ValueError(f"{key} holds {len(members)} members for {len(fields)} frames")
    landmarks = _landmarks(members["landmarks.npy"], notes.num_frames)
    frames, mattes = (tuple(members[f"{field}.{kind}"] for field in fields) for kind in ("jpg", "png"))
    return EncodedClip(key, notes, landmarks, frames, mattes)


def _notes(table: Any) -> ClipNotes:
    notes = ClipNotes(**table)
    texts = (notes.identity, notes.video, notes.clip, notes.rate, notes.split, notes.tier)
    if not all(isinstance(text, str) and len(text) < 1000 for text in texts):
        raise ValueError("a clip's notes are no texts")
    if type(notes.num_frames) is not int or not 1 <= notes.num_frames <= MAX_FRAMES or Fraction(notes.rate) <= 0:
        raise ValueError("a clip's notes have wrong figures")
    if not all(isinstance(value, int | float) for value in notes.quality.values()):
        raise ValueError("a clip's quality is no number")
    return notes


def _landmarks(content: bytes, num_frames: int) -> NDArray[np.float32]:
    """The array of an .npy file; its header is believed only where it says what it must."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):  # type: ignore[no-untyped-call]
        raise ValueError("the landmarks are of another version")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)  # type: ignore[no-untyped-call]
    if (shape, by_column, dtype.str) != ((num_frames, NUM_LANDMARKS, 3), False, "<f4"):
        raise ValueError(f"the landmarks are {shape} {dtype}, expected ({num_frames}, {NUM_LANDMARKS}, 3) float32")
    return np.frombuffer(content, "<f4", offset=file.tell()).reshape(shape).astype(np.float32)


def _saved(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, **options)
    return file.getvalue()


def _loaded(content: bytes, kind: str, mode: str) -> NDArray[np.uint8]:
    try:
        with Pillow.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.size != (FRAME_SIZE, FRAME_SIZE) or picture.mode != mode:
                raise ValueError(f"a frame is {picture.size} {picture.mode}, expected {FRAME_SIZE} px {mode}")
            return np.array(picture)
    except (OSError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise ValueError(f"a frame is no {kind} picture ({error!s:.60})") from error
