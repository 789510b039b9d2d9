"""How one side of a call looks in, messages that carry it out; and back: a file that is checked before it is opened.

An avatar file is sent as it is, with its consent note and marks. A photo that is not tuned is sent as a photo, a
hundredth of the size, where both sides have the same weights.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from headcast.errors import MediaError
from headcast.header import AVATAR_SUFFIX
from headcast.limits import MAX_LOOK_BYTES
from headcast.media.images import write_image
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import MAX_TEXT, fingerprint
from headcast.reenact.source import Source, open_source
from headcast.strict import text, whole

AVATAR, PHOTO = "avatar", "photo"
PIECE_BYTES: Final = 16 << 10
_SUFFIXES: Final = {AVATAR: AVATAR_SUFFIX, PHOTO: ".jpg"}
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LookNote:
    """What is said of a look before it is sent."""

    kind: str
    num_bytes: int
    sha256: str
    model_sha256: str
    consent: str

    def as_table(self) -> dict[str, object]:
        """Return it for a message."""
        return dict(vars(self))


@dataclass(frozen=True)
class Look:
    """One side's own: the file, and what is said of it."""

    note: LookNote
    path: Path

    def pieces(self) -> Iterator[bytes]:
        """Yield the file's bytes."""
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


def make_look(source: Source, path: Path, folder: Path) -> Look:
    """Prepare what is sent of a source that was opened from `path`; a photo is written into `folder`."""
    is_avatar = path.suffix.lower() == AVATAR_SUFFIX
    file = path if is_avatar else folder / "look.jpg"
    if not is_avatar:
        write_image(file, source.sitter.photo, {})
    size = file.stat().st_size
    if size > MAX_LOOK_BYTES:
        raise MediaError(f"{path} takes {size >> 20} MB, a call sends at most {MAX_LOOK_BYTES >> 20}; use another one")
    kind = AVATAR if is_avatar else PHOTO
    return Look(LookNote(kind, size, fingerprint(file), source.model_sha256, source.consent or ""), file)


def read_note(table: Mapping[str, Any]) -> LookNote:
    """Read what the other side says of its look; ValueError for anything that is not so."""
    kind = text(table.get("kind"), "kind", 10)
    own, model = (text(table.get(name), name, 64) for name in ("sha256", "model_sha256"))
    if kind not in _SUFFIXES or not _HASH.fullmatch(own) or not _HASH.fullmatch(model):
        raise ValueError("a look that is neither avatar nor photo, or without its hashes")
    num_bytes = whole(table.get("num_bytes"), 1, MAX_LOOK_BYTES, "num_bytes")
    return LookNote(kind, num_bytes, own, model, text(table.get("consent"), "consent", MAX_TEXT))


class LookReceiver:
    """Puts the pieces of one look together in a folder of ours; the name is ours too."""

    def __init__(self, note: LookNote, folder: Path) -> None:
        self.note = note
        self.path = folder / f"{note.sha256[:16]}{_SUFFIXES[note.kind]}"
        self._file = self.path.open("wb")
        self._digest, self._num_bytes = sha256(), 0

    def add(self, piece: bytes) -> bool:
        """Take in a piece; True when all is there. ValueError for more than was said, or something else."""
        self._num_bytes += len(piece)
        if self._num_bytes > self.note.num_bytes:
            raise ValueError("a look that is larger than was said")
        self._file.write(piece)
        self._digest.update(piece)
        if self._num_bytes < self.note.num_bytes:
            return False
        self._file.close()
        if self._digest.hexdigest() != self.note.sha256:
            raise ValueError("a look that is not the one that was announced")
        return True

    def opened(self) -> Source:
        """Open it by the readers for strangers' files; HeadcastError where it is not what it should be."""
        if self.note.kind == PHOTO and self.note.model_sha256 != fingerprint(default_checkpoint_path()):
            raise MediaError("the other side sends a photo for other weights; have it make an avatar of it, or update")
        return open_source(self.path)

    def close(self) -> None:
        """Forget the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)
