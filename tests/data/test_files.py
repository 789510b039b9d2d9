import io
import tarfile
from pathlib import Path

import pytest

from headcast.data.files import Location, list_files
from headcast.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/1.mp4", "a/b/2.MP4", "3.jpg", "notes.md"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
    return tmp_path / "folder"


def _tar_of(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w") as tar:
        for file in sorted(folder.rglob("*.*")):
            tar.add(file, file.relative_to(folder))
    return path


def test_a_tar_copy_holds_the_same_files_as_the_folder(folder: Path, tmp_path: Path) -> None:
    here = list_files(folder, (".mp4", ".jpg"))
    packed = list_files(_tar_of(folder, tmp_path / "copy.tar"), (".mp4", ".jpg"))
    assert list(here) == list(packed) == ["3.jpg", "a/1.mp4", "a/b/2.MP4"]
    for name in here:
        assert here[name].read(10_000) == packed[name].read(10_000) == name.encode() * 1000
        with packed[name].as_file() as path:
            assert path.read_bytes() == name.encode() * 1000
        assert not path.exists()
    with here["3.jpg"].as_file() as path:
        assert path == folder / "3.jpg"


def test_tar_files_in_a_folder_are_looked_into(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    _tar_of(folder, tmp_path / "parts" / "1.tar")
    assert list(list_files(tmp_path / "parts", (".mp4",))) == ["a/1.mp4", "a/b/2.MP4"]
    _tar_of(folder, folder / "again.tar")
    with pytest.raises(DataError, match="holds files of the same name, in tar files or beside them"):
        list_files(folder, (".mp4",))


def test_links_and_what_is_no_tar_file(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "links.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"{kind!r}.mp4")
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    assert list_files(tmp_path / "links.tar", (".mp4",)) == {}
    with tarfile.open(tmp_path / "small.tar", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("1.mp4"), io.BytesIO())
    with pytest.raises(DataError, match=r"small\.tar is no plain tar file .*unpack or decompress it first") as caught:
        list_files(tmp_path / "small.tar", (".mp4",))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="no folder or tar file .*nowhere"):
        list_files(tmp_path / "nowhere", (".mp4",))


def test_a_long_file_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(bytes(5000))
    assert len(Location(tmp_path / "long.txt").read(5000)) == 5000
    for place in (Location(tmp_path / "long.txt"), Location(tmp_path / "long.txt", 0, 5000)):
        with pytest.raises(DataError, match="larger than 3 kB; leave it out"):
            place.read(4000)
