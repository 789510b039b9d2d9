"""Bytes of a stranger's file in, a file of ours out: known by its content, never by its name, counted and bounded."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from headcast.errors import HeadcastError, MediaError
from headcast.geometry.motion import load_motion
from headcast.header import AVATAR_SUFFIX
from headcast.limits import MAX_KEPT_BYTES, MAX_KEPT_FILES, MAX_PHOTO_SIDE, MAX_VIDEO_SECONDS
from headcast.media.images import read_image
from headcast.media.video import open_video
from headcast.printable import printable
from headcast.reenact.driving import MOTION_SUFFIX

PHOTO, VIDEO, MOTION, AVATAR = "photo", "video", "motion", "avatar"
MAX_NAME: Final = 100  # letters of a client's name for a file, which is shown and never opened

_MEDIA_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".tif": "image/tiff",
    ".bmp": "image/bmp",
    ".mp4": "video/mp4",
    ".mkv": "video/webm",
    ".avi": "video/x-msvideo",
}
_HEAD_BYTES: Final = 4096


@dataclass(frozen=True)
class Upload:
    """One file of a client: `path` is ours, `name` the client's word for it, for people."""

    id: str
    kind: str  # PHOTO, VIDEO, MOTION or AVATAR
    name: str
    path: Path
    num_bytes: int
    size: tuple[int, int] | None = None  # width, height
    seconds: float | None = None

    @property
    def media_type(self) -> str:
        """What a browser should take it for."""
        return _MEDIA_TYPES.get(self.path.suffix, "application/octet-stream")


class Uploads:
    """The files that clients have sent, in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._files: dict[str, Upload] = {}

    def find(self, name: str, *kinds: str) -> Upload:
        """The file with an id, which must be one of some kinds; MediaError where it is not."""
        file = self._files.get(name)
        if file is None:
            raise MediaError("no such file here; it was deleted, or the server was restarted: send it again")
        if kinds and file.kind not in kinds:
            raise MediaError(f"{file.name} is a file of kind {file.kind}, expected {' or '.join(kinds)}")
        return file

    def all(self) -> list[Upload]:
        """All files, the oldest first."""
        return list(self._files.values())

    def in_words(self, text: str) -> str:
        """A message with the clients' names for files instead of our paths."""
        for file in self._files.values():
            text = text.replace(str(file.path), file.name)
        return text

    def delete(self, name: str) -> None:
        """Forget a file."""
        self.find(name).path.unlink(missing_ok=True)
        del self._files[name]

    async def receive(self, body: AsyncIterator[bytes]) -> tuple[str, Path]:
        """Keep a body as it comes, under a new id; `check` must follow. MediaError where there is no room."""
        if len(self._files) >= MAX_KEPT_FILES:
            raise MediaError(f"{MAX_KEPT_FILES} files are kept here already; delete some")
        room = MAX_KEPT_BYTES - sum(file.num_bytes for file in self._files.values())
        number = secrets.token_hex(8)
        path = self._folder / number
        try:
            with path.open("wb") as file:
                async for piece in body:
                    room -= len(piece)
                    if room < 0:
                        raise MediaError(f"the files kept here would take more than {MAX_KEPT_BYTES >> 30} GB")
                    file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return number, path

    def check(self, number: str, received: Path, name: str) -> Upload:
        """Find out what was received, by its content; MediaError for what is none of ours, and nothing is kept."""
        name = printable(name[:MAX_NAME]) or "file"
        path = received
        try:
            with received.open("rb") as file:
                suffix = _suffix_of(file.read(_HEAD_BYTES))
            path = received.rename(received.with_suffix(suffix))
            upload = _looked_at(number, path, name)
        except HeadcastError as error:
            path.unlink(missing_ok=True)
            raise type(error)(str(error).replace(str(path), name)) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._files[number] = upload
        return upload


def _suffix_of(head: bytes) -> str:
    """The suffix for a file that begins so; MediaError for what we do not take."""
    if head[4:8] == b"ftyp":
        return ".avif" if head[8:12] in (b"avif", b"avis") else ".mp4"
    if head.startswith(b"RIFF"):
        return ".webp" if head[8:12] == b"WEBP" else ".avi"
    for start, suffix in (
        (b"\xff\xd8\xff", ".jpg"),
        (b"\x89PNG\r\n\x1a\n", ".png"),
        (b"II*\0", ".tif"),
        (b"MM\0*", ".tif"),
        (b"BM", ".bmp"),
        (b"\x1aE\xdf\xa3", ".mkv"),
    ):
        if head.startswith(start):
            return suffix
    if head[8:9] == b"{":  # safetensors: the length of a header, then the header
        return AVATAR_SUFFIX if b"headcast-avatar" in head else MOTION_SUFFIX
    raise MediaError("it is no picture, video, motion or avatar that can be read; send a JPEG, PNG, MP4 or WebM file")


def _looked_at(number: str, path: Path, name: str) -> Upload:
    num_bytes = path.stat().st_size
    if path.suffix == AVATAR_SUFFIX:
        from headcast.avatars.avatar_file import read_avatar_notes

        return Upload(number, AVATAR, name, path, num_bytes, read_avatar_notes(path).photo_size)
    if path.suffix == MOTION_SUFFIX:
        motion = load_motion(path)
        return Upload(number, MOTION, name, path, num_bytes, motion.image_size, float(motion.times[-1]))
    if _MEDIA_TYPES[path.suffix].startswith("image/"):
        height, width = read_image(path, MAX_PHOTO_SIDE).shape[:2]
        return Upload(number, PHOTO, name, path, num_bytes, (width, height))
    with open_video(path) as video:
        if video.duration > Fraction(MAX_VIDEO_SECONDS):
            raise MediaError(
                f"{path} is longer than {MAX_VIDEO_SECONDS // 60} minutes; cut it, or use headcast animate"
            )
        return Upload(number, VIDEO, name, path, num_bytes, video.size, float(video.duration))
