import io
import tarfile
from pathlib import Path

import pytest

from headcast.data.files import list_files
from headcast.data.tar_index import tar_members
from headcast.errors import DataError


def _tar(path: Path, format: int, *names: str) -> Path:
    with tarfile.open(path, "w", format=format) as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name.encode())
            tar.addfile(member, io.BytesIO(name.encode()))
    return path


def _block(name: bytes, kind: bytes, size: int | bytes) -> bytes:
    """One header, its checksum right, whatever it claims."""
    field = size if isinstance(size, bytes) else f"{size:011o}\0".encode()
    block = bytearray(512)
    for place, value in (
        (0, name),
        (100, b"0000644\0"),
        (124, field),
        (148, b" " * 8),
        (156, kind),
        (257, b"ustar  \0"),
    ):
        block[place : place + len(value)] = value
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 512)


def _pax(*records: bytes) -> bytes:
    notes = b"".join(records)
    return _block(b"pax", b"x", len(notes)) + _padded(notes)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_lists_what_tarfile_writes_and_reads(tmp_path: Path, format: int):
    names = ["a.mp4", "x" * 90 + "/" + "b.mp4", "ä.mp4"]
    if format != tarfile.USTAR_FORMAT:
        names.append("long/" * 60 + "c.mp4")
    path = _tar(tmp_path / "a.tar", format, *names)
    content = path.read_bytes()
    found = list(tar_members(path))
    assert [member.name for member in found] == names
    assert [content[member.offset :][: member.num_bytes].decode() for member in found] == names
    with tarfile.open(path) as tar:
        assert [(member.offset_data, member.size) for member in tar] == [
            (each.offset, each.num_bytes) for each in found
        ]


def test_links_and_folders_are_passed_over(tmp_path: Path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("before.mp4"))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE):
            member = tarfile.TarInfo("odd.mp4")
            member.type = kind
            tar.addfile(member)
        tar.addfile(tarfile.TarInfo("after.mp4"))
    assert [member.name for member in tar_members(tmp_path / "a.tar")] == ["before.mp4", "after.mp4"]


HOSTILE = {
    "a sparse file of a terabyte": _block(b"a.mp4", b"S", 0o77777777777),
    "a small sparse file": _block(b"a.mp4", b"S", 0),
    "a size below zero": _block(b"a.mp4", b"0", b"\xff" * 12) + b"\0" * 1024,
    "a size beyond the end": _block(b"a.mp4", b"0", 1 << 30),
    "pieces, as POSIX notes": _pax(b"22 GNU.sparse.major=1\n", b"22 GNU.sparse.minor=0\n") + _block(b"a.mp4", b"0", 0),
    "another size in notes": _pax(b"11 size=-9\n") + _block(b"a.mp4", b"0", 0),
    "notes that lead nowhere": _pax(b"0 path=x\n") + _block(b"a.mp4", b"0", 0),
    "notes without numbers": _pax(b"path=x\n") + _block(b"a.mp4", b"0", 0),
    "notes of a gigabyte": _block(b"pax", b"x", 1 << 30),
    "long notes": _block(b"pax", b"x", 1 << 20) + b"\0" * (1 << 20),
    "no header": b"x" * 512,
    "half a header": _block(b"a.mp4", b"0", 0)[:300],
    "nothing": b"",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_tar_file_is_one_line(tmp_path: Path, content: bytes):
    (tmp_path / "bad.tar").write_bytes(content)
    with pytest.raises(ValueError):
        list(tar_members(tmp_path / "bad.tar"))
    with pytest.raises(DataError, match="is no plain tar file") as caught:
        list_files(tmp_path, (".mp4",))
    assert "\n" not in str(caught.value)


def test_many_notes_in_a_row_are_no_depth(tmp_path: Path):
    (tmp_path / "a.tar").write_bytes(_pax(b"10 path=x\n") * 5000 + _block(b"a.mp4", b"0", 0))
    assert [member.name for member in tar_members(tmp_path / "a.tar")] == ["x"]


def test_a_folder_that_links_to_itself_is_walked_once(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").touch()
    for name in ("loop", "again"):
        (tmp_path / "in" / name).symlink_to(tmp_path)
        (tmp_path / name).symlink_to(tmp_path)
    assert len(list_files(tmp_path, (".mp4",))) == 1
