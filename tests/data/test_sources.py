"""Whose clip is which, in folders of clips, lists and VoxCeleb's layouts."""

import re
from pathlib import Path

import pytest

from headcast.data.sources import find_sources
from headcast.errors import DataError

VIDEO, OTHER = "21Uxsk56VDQ", "_-Abc123xyz"


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_folders_and_names_say_who_it_is(tmp_path: Path) -> None:
    _touch(tmp_path, "anna_1.mp4", "anna_2.JPG", "ben.webm", "carl/take_1.mkv", "carl/deep/2.png", "notes.md")
    found = {clip.name: (clip.identity, clip.is_photo) for clip in find_sources(tmp_path)}
    assert found == {
        "anna_1.mp4": ("anna", False),
        "anna_2.JPG": ("anna", True),
        "ben.webm": ("ben", False),
        "carl/take_1.mkv": ("carl", False),
        "carl/deep/2.png": ("carl", True),
    }


def test_keys_are_safe_and_tell_all_clips_apart(tmp_path: Path) -> None:
    names = ["a/b.mp4", "a-b.mp4", "a/b.png", "ü.mp4", "ö.mp4", "x" * 120 + ".mp4", "with space.v2.mp4"]
    keys = [clip.key for clip in find_sources(_touch(tmp_path, *names))]
    assert len(set(keys)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", key) for key in keys)
    assert any(key.startswith("a-b-") for key in keys)


def test_one_person_in_ten_is_held_out(tmp_path: Path) -> None:
    clips = find_sources(_touch(tmp_path, *(f"p{person:02}_{take}.mp4" for person in range(20) for take in range(2))))
    assert {clip.identity for clip in clips if clip.split == "val"} == {"p00", "p10"}
    alone = find_sources(_touch(tmp_path / "alone", "p00_0.mp4", "p00_1.mp4"))
    assert {clip.split for clip in alone} == {"train"}


def test_a_list_chooses_and_names(tmp_path: Path) -> None:
    _touch(tmp_path / "clips", "1.mp4", "2.mp4", "3.jpg", "unlisted.mp4")
    path = tmp_path / "list.csv"
    path.write_text("file,identity,tier,split\n1.mp4,anna,open,train\n3.jpg,ben,research,test\n2.mp4,anna,,train\n")
    clips = find_sources(tmp_path / "clips", path)
    assert [(clip.name, clip.identity, clip.split, clip.tier) for clip in clips] == [
        ("1.mp4", "anna", "train", "open"),
        ("2.mp4", "anna", "train", ""),
        ("3.jpg", "ben", "test", "research"),
    ]
    path.write_text("file,identity\n1.mp4,anna\n3.jpg,ben\n")
    assert {clip.identity: clip.split for clip in find_sources(tmp_path / "clips", path)} == {
        "anna": "val",
        "ben": "train",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"cannot read the list .*list\.csv"),
        (b"\xff\xfe\x00", "cannot read the list"),
        (b"", "lacks the columns file, identity; add them"),
        (b"file,split\n1.mp4,train\n", "lacks the columns"),
        (b"file,identity\nnone.mp4,anna\n", "'none.mp4' is listed in .* but is no clip of the source; fix the list"),
        (b"file,identity,split\n1.mp4,anna,dev\n", "gives 1.mp4 the split 'dev'; expected one of train, val, test"),
        (b"file,identity\n1.mp4,anna\n1.mp4,anna\n", "lists a file twice"),
        (b"file,identity,split\n1.mp4,anna,train\n2.mp4,anna,val\n", "anna is in the splits train and val"),
    ],
)
def test_a_wrong_list_ends_in_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    _touch(tmp_path / "clips", "1.mp4", "2.mp4")
    if content is not None:
        (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        find_sources(tmp_path / "clips", tmp_path / "list.csv")
    assert "\n" not in str(caught.value)


def test_a_folder_without_clips_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no clips in .*; expected files ending in \.mp4"):
        find_sources(_touch(tmp_path, "readme.txt"))


def test_voxceleb_as_released(tmp_path: Path) -> None:
    """A video is one YouTube folder of utterances; the test set's people judge."""
    _touch(
        tmp_path,
        f"dev/mp4/id00012/{VIDEO}/00001.mp4",
        f"dev/mp4/id00012/{VIDEO}/00002.mp4",
        f"test/mp4/id00017/{OTHER}/00001.mp4",
        f"dev/txt/id00012/{VIDEO}/00001.txt",
        "dev/readme.png",
    )
    clips = find_sources(tmp_path)
    assert [(clip.identity, clip.video, clip.split) for clip in clips] == [
        ("id00012", f"id00012/{VIDEO}", "train"),
        ("id00012", f"id00012/{VIDEO}", "train"),
        ("id00017", f"id00017/{OTHER}", "val"),
    ]
    assert [clip.annotation is not None for clip in clips] == [True, False, False]


def test_voxceleb_annotations_with_original_videos(tmp_path: Path) -> None:
    """What was released as a clip is not cut again; videos that are gone are passed over."""
    _touch(
        tmp_path,
        f"videos/{VIDEO}.mp4",
        f"txt/id10270/{VIDEO}/00001.txt",
        f"txt/id10001/{VIDEO}/00003.txt",
        f"txt/id10001/{OTHER}/00001.txt",
    )
    clips = find_sources(tmp_path)
    assert [(clip.name, clip.split, clip.is_whole_video, clip.is_photo) for clip in clips] == [
        (f"videos/{VIDEO}.mp4#id10001/00003", "train", True, False),
        (f"videos/{VIDEO}.mp4#id10270/00001", "val", True, False),
    ]
    assert len({clip.key for clip in clips}) == 2
