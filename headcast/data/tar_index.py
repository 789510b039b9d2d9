"""A tar file in, the name, place and size of each plain file in it out; nothing of their content is read.

`tarfile` itself follows what a header claims: sparse files of terabytes, sizes below zero that lead back to the
beginning, notes as long as the file. Here a header is its 512 bytes, as `tarfile` parses them; names longer than they
hold are read as GNU and POSIX write them; anything else that would change a member is refused.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from headcast.limits import MAX_TAR_HEADER_BYTES

_BLOCK: Final = tarfile.BLOCKSIZE
_PLAIN: Final = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_SKIPPED: Final = (
    tarfile.DIRTYPE,
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.FIFOTYPE,
)
_NAMES: Final = (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE)
_NOTES: Final = (tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


class Member(NamedTuple):
    """A plain file inside a tar file: its name, where its bytes begin, and how many they are."""

    name: str
    offset: int
    num_bytes: int


def tar_members(path: Path, *, plain_only: bool = False) -> Iterator[Member]:
    """Yield the plain files in order; OSError or ValueError where the file is no whole tar file without compression.

    Folders, links and devices are passed over, or refused where `plain_only`.
    """
    size = path.stat().st_size
    if size == 0:
        raise ValueError("it is empty")
    with path.open("rb") as file:
        offset, long_name = 0, ""
        while block := _read(file, offset, _BLOCK):
            if not block.strip(b"\0"):
                break  # two blocks of zeros end the file
            header = _header(block)
            start, kind = offset + _BLOCK, header.type
            if not 0 <= header.size <= size - start:
                raise ValueError(f"{header.name!r:.60} is cut short")
            if kind in _NAMES and not plain_only:
                long_name = _long_name(_notes(file, start, header), kind)
            elif kind in _PLAIN:
                yield Member(long_name or header.name, start, header.size)
            elif kind not in (*_SKIPPED, *_NOTES) or plain_only:
                raise ValueError(f"it holds {header.name!r:.60}, which is no plain file")
            if kind not in (*_NAMES, *_NOTES):
                long_name = ""
            offset = start + (0 if kind in _SKIPPED else -(-header.size // _BLOCK) * _BLOCK)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ValueError(f"it is no plain tar file ({error})") from error


def _notes(file: BinaryIO, start: int, header: tarfile.TarInfo) -> bytes:
    if header.size > MAX_TAR_HEADER_BYTES:
        raise ValueError(f"a name in it takes {header.size} bytes, expected at most {MAX_TAR_HEADER_BYTES}")
    return _read(file, start, header.size)


def _long_name(notes: bytes, kind: bytes) -> str:
    """The name in GNU's form, or under "path" in POSIX's; "" where POSIX's says nothing of a name."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return notes.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    name = b""
    while notes:
        digits, _, _ = notes[:8].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = notes[len(digits) + 1 : length].rstrip(b"\n").partition(b"=")
        if not equals:
            raise ValueError("its notes are broken")
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise ValueError("it holds files in pieces, or of 8 GB and more")
        name = value if key == b"path" else name
        notes = notes[length:]
    return name.decode("utf-8", "surrogateescape")


def _read(file: BinaryIO, offset: int, num_bytes: int) -> bytes:
    file.seek(offset)
    content = file.read(num_bytes)
    if content and len(content) < num_bytes:
        raise ValueError("it is cut short")
    return content
