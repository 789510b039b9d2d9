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
import math
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

from headcast import strict
from headcast.data.cut import FRAME_SIZE
from headcast.data.tar_index import tar_members
from headcast.errors import DataError
from headcast.limits import MAX_CLIP_BYTES, MAX_CLIP_FRAMES, MAX_FRAME_BYTES, MAX_MEMBER_BYTES, MAX_NOTES_BYTES
from headcast.media.images import BROKEN_PICTURE, check_scans
from headcast.printable import brief
from headcast.strict import check_landmarks, parse_table
from headcast.types import NUM_LANDMARKS, Image

JPEG_QUALITY: Final = 95

_MAX_BYTES: Final = {
    "json": MAX_NOTES_BYTES,
    "npy": MAX_MEMBER_BYTES,
    "jpg": MAX_FRAME_BYTES,
    "png": MAX_FRAME_BYTES,
}
_MAX_RATE: Final = 1000  # frames a second
_MAX_QUALITY: Final = 1e9
_MEMBER: Final = re.compile(r"(?P<key>[A-Za-z0-9_-]{1,80})\.(?P<field>json|landmarks\.npy|\d{4}\.jpg|\d{4}\.png)")
_Member = tuple[str, str, bytes]  # key, field, content


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
        for key, members in groupby(_read_members(path), key=lambda member: member[0]):
            yield _clip(key, _collected(members))
    except (OSError, ValueError, LookupError) as error:
        raise DataError(
            f"{path} is broken ({brief(error, 100)}); delete it and run `headcast prepare` again"
        ) from error


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


def _read_members(path: Path) -> Iterator[_Member]:
    with path.open("rb") as file:
        for member in tar_members(path, plain_only=True):
            name = _MEMBER.fullmatch(member.name)
            if name is None or member.num_bytes > _MAX_BYTES[name["field"].rpartition(".")[2]]:
                raise ValueError(f"it holds {member.name!r:.60} of {member.num_bytes} bytes")
            file.seek(member.offset)
            yield name["key"], name["field"], file.read(member.num_bytes)


def _collected(members: Iterator[_Member]) -> dict[str, bytes]:
    """The members of one clip by field, while they stay within what a clip may hold."""
    found: dict[str, bytes] = {}
    num_bytes = 0
    for key, field, content in members:
        num_bytes += len(content)
        if field in found:
            raise ValueError(f"it holds a member of {key} twice")
        if num_bytes > MAX_CLIP_BYTES:
            raise ValueError(f"{key} takes more than {MAX_CLIP_BYTES >> 20} MB")
        found[field] = content
    return found


def _clip(key: str, members: Mapping[str, bytes]) -> EncodedClip:
    notes = _notes(parse_table(members["json"]))
    fields = [f"{number:04}" for number in range(notes.num_frames)]
    if len(members) != 2 + 2 * len(fields):
        raise ValueError(f"{key} holds {len(members)} members for {len(fields)} frames")
    landmarks = _landmarks(members["landmarks.npy"], notes.num_frames, key)
    frames, mattes = (tuple(members[f"{field}.{kind}"] for field in fields) for kind in ("jpg", "png"))
    return EncodedClip(key, notes, landmarks, frames, mattes)


def _notes(table: Mapping[str, Any]) -> ClipNotes:
    if set(table) != {field.name for field in dataclasses.fields(ClipNotes)}:
        raise ValueError("a clip's notes lack something, or hold more")
    words = {name: strict.text(table[name], name) for name in ("identity", "video", "clip", "rate", "split", "tier")}
    strict.parse_fraction(table["rate"], Fraction(1, 10**9), _MAX_RATE, "rate")
    quality = {
        strict.text(name, "a figure"): strict.finite(value, -_MAX_QUALITY, _MAX_QUALITY, f"{name:.40}")
        for name, value in strict.table(table["quality"], "quality").items()
    }
    num_frames = strict.whole(table["num_frames"], 1, MAX_CLIP_FRAMES, "num_frames")
    return ClipNotes(**words, num_frames=num_frames, quality=quality)


def _landmarks(content: bytes, num_frames: int, key: str) -> NDArray[np.float32]:
    """The array of an .npy file. Its header, which is Python text, is compared with ours and never evaluated."""
    shape = (num_frames, NUM_LANDMARKS, 3)
    header = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)  # type: ignore[no-untyped-call,unused-ignore]
    if not content.startswith(header.getvalue()) or len(content) != header.tell() + 4 * math.prod(shape):
        raise ValueError(f"{key}: its landmarks are no ({num_frames}, {NUM_LANDMARKS}, 3) array of float32")
    landmarks = np.frombuffer(content, "<f4", offset=header.tell()).reshape(shape).astype(np.float32)
    try:
        check_landmarks(landmarks)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
    return landmarks


def _saved(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, **options)
    return file.getvalue()


def _loaded(content: bytes, kind: str, mode: str) -> NDArray[np.uint8]:
    try:
        check_scans(content, FRAME_SIZE**2)
        with Pillow.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.size != (FRAME_SIZE, FRAME_SIZE) or picture.mode != mode:
                raise ValueError(f"a frame is {picture.size} {picture.mode}, expected {FRAME_SIZE} px {mode}")
            return np.array(picture)
    except BROKEN_PICTURE as error:
        raise ValueError(f"a frame is no {kind} picture ({brief(error, 60)})") from error
