from pathlib import Path

import pytest

from headcast.errors import DataError
from headcast.training.feed import split_clips


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for person in range(20):
        for clip in range(2):
            (tmp_path / f"id{person:02}_{clip}.mp4").write_bytes(b"not looked into here")
    return tmp_path


def test_nobody_stands_on_both_sides_of_the_split(folder: Path) -> None:
    learned, held_out = split_clips(folder, None)
    assert {clip.identity for clip in held_out} == {"id00", "id10"}
    assert (len(held_out), len(learned)) == (4, 36)
    assert not {clip.identity for clip in learned} & {clip.identity for clip in held_out}


def test_a_list_decides_the_split(folder: Path) -> None:
    csv = folder / "list.csv"
    csv.write_text("file,identity,split\nid00_0.mp4,id00,train\nid01_0.mp4,id01,val\nid02_0.mp4,id02,test\n")
    learned, held_out = split_clips(folder, csv)
    assert [clip.path.name for clip in learned] == ["id00_0.mp4"]
    assert [clip.path.name for clip in held_out] == ["id01_0.mp4"]


def test_one_person_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "alice_1.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match=r"show one person, alice; add clips of somebody else"):
        split_clips(tmp_path, None)
