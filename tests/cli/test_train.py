import json
from pathlib import Path

import pytest

from headcast.cli.train import split_clips
from headcast.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for person in range(20):
        for clip in range(2):
            (tmp_path / f"id{person:02}_{clip}.mp4").write_bytes(b"not looked into here")
    return tmp_path


def test_nobody_stands_on_both_sides_of_the_split(folder):
    learned, held_out = split_clips(folder, None)
    assert {clip.identity for clip in held_out} == {"id00", "id10"}
    assert len(held_out) == 4
    assert len(learned) == 36
    assert not {clip.identity for clip in learned} & {clip.identity for clip in held_out}


def test_a_list_decides_the_split(folder):
    csv = folder / "list.csv"
    csv.write_text("file,identity,split\nid00_0.mp4,id00,train\nid01_0.mp4,id01,val\nid02_0.mp4,id02,test\n")
    learned, held_out = split_clips(folder, csv)
    assert [clip.path.name for clip in learned] == ["id00_0.mp4"]
    assert [clip.path.name for clip in held_out] == ["id01_0.mp4"]


def test_one_person_is_not_enough(tmp_path):
    (tmp_path / "alice_1.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match=r"show one person, alice; add clips of somebody else"):
        split_clips(tmp_path, None)


@pytest.mark.parametrize("kind", ["missing", "empty", "broken clips"])
def test_a_folder_that_cannot_be_trained_on_ends_in_one_line(headcast, tmp_path, kind):
    folder, run_dir = tmp_path / "clips", tmp_path / "run"
    if kind != "missing":
        folder.mkdir()
    if kind == "broken clips":
        for name in ("alice_1.mp4", "bob_1.mp4"):
            (folder / name).write_text("not a video")
    ended = headcast("train", folder, "--run-dir", run_dir, "--samples", 8, "--preset", "tiny")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert not run_dir.exists()


def test_a_run_ends_in_a_checkpoint_that_can_be_loaded(headcast, tmp_path, monkeypatch, write_still_video):
    from headcast.cli.demo import PHOTOS
    from headcast.networks.checkpoint import load_checkpoint

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "clips").mkdir()
    for name, photo in PHOTOS.items():
        write_still_video(tmp_path / "clips" / f"{name}.mp4", photo(), num_frames=4)
    words = ["train", tmp_path / "clips", "--run-dir", tmp_path / "run", "--preset", "tiny", "--batch-size", 2]
    ended = headcast(*words, "--samples", 4, "--json")
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert answer["checkpoint"] == str(tmp_path / "run" / "checkpoint.safetensors")
    assert load_checkpoint(Path(answer["checkpoint"]))

    again = headcast(*words, "--samples", 4)
    assert again.code == 2
    assert "already holds a run; resume it or give another folder" in again.err
    assert headcast(*words, "--samples", 6, "--resume").code == 0
