from pathlib import Path

import pytest

from headcast.data.clips import find_clips
from headcast.data.lists import read_list
from headcast.data.sources import find_sources
from headcast.errors import DataError


def test_a_list_may_begin_with_a_byte_order_mark(tmp_path: Path):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbffile,identity,split\r\na.mp4,Ann,train\r\n")
    assert read_list(tmp_path / "list.csv") == [{"file": "a.mp4", "identity": "Ann", "split": "train"}]
    assert [clip.identity for clip in find_clips(tmp_path, tmp_path / "list.csv", "train")] == ["Ann"]
    assert [clip.identity for clip in find_sources(tmp_path, tmp_path / "list.csv")] == ["Ann"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "lacks the columns file, identity"),
        ("file\na.mp4\n", "lacks the columns file, identity"),
        ("file,identity\n", "names no clips"),
        ("file,identity\na.mp4\n", "row 2 of .* has fewer or more values than its heading"),
        ("file,identity\na.mp4,Ann,more\n", "row 2 of .* has fewer or more values"),
        ("file,identity\n,Ann\n", "row 2 of .* names no file"),
        ("file,identity\na.mp4,\n", "row 2 of .* names no file or no identity"),
        ("file,identity\n../../a.mp4,Ann\n", r"names '\.\./\.\./a\.mp4', outside of the folder"),
        ("file,identity\nb/../../a.mp4,Ann\n", "outside of the folder"),
        ("file,identity\n/etc/passwd,Ann\n", "names '/etc/passwd', outside of the folder"),
        ("file,identity\n" + "a" * 200_000 + ",Ann\n", "field larger than field limit"),
        ("file,identity\n\0,Ann\n", "cannot read|names no file"),
        ("file,identity\n\udcff,Ann\n", "cannot read the list .* can't decode"),
    ],
)
def test_a_wrong_list_is_one_line(tmp_path: Path, content: str, message: str):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "list.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    for read in (read_list, lambda path: find_clips(tmp_path, path), lambda path: find_sources(tmp_path, path)):
        with pytest.raises(DataError, match=message) as caught:
            read(tmp_path / "list.csv")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin", ".", "none.csv"])
def test_what_is_no_file_is_not_read(tmp_path: Path, name: str):
    with pytest.raises(DataError, match="cannot read the list .* (is no ordinary file|is no such file)"):
        read_list(tmp_path / name)
