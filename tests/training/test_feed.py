import subprocess
import sys
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from headcast.data.cut import TrackedClip, track_photo
from headcast.data.episodes import EpisodeSettings
from headcast.data.manifest import Manifest, Shard, write_manifest
from headcast.data.quality import QUALITY
from headcast.data.tar import ClipNotes, EncodedClip, encode_frame, encode_matte, write_clips
from headcast.errors import DataError
from headcast.training import clip_groups
from headcast.training.distributed import ALONE, Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.feed import FeedSettings, open_feed, split_clips

SETTINGS = EpisodeSettings(batch_size=2, num_shots=1, frame_size=64, shot_size=32)
NUM_CLIPS = 8


@pytest.fixture(scope="module")
def shards_dir(tmp_path_factory: pytest.TempPathFactory, astronaut_path: Path) -> Path:
    """Two shards to learn from and one to judge by, each clip two equal frames of the astronaut under another name."""
    folder = tmp_path_factory.mktemp("shards")
    still = track_photo(astronaut_path)
    names = {
        "train-000000.tar": [f"a{number}" for number in range(NUM_CLIPS // 2)],
        "train-000001.tar": [f"b{number}" for number in range(NUM_CLIPS // 2)],
        "val-000000.tar": ["c0", "c1"],
    }
    shards: list[Shard] = []
    videos: dict[str, list[str]] = {"train": [], "val": []}
    for file, clips in names.items():
        split = file.split("-")[0]
        digest = write_clips(folder / file, [_encode(still, name, split) for name in clips])
        shards.append(Shard(file, split, (folder / file).stat().st_size, digest, len(clips), 2 * len(clips)))
        videos[split] += clips
    known = {split: tuple(names) for split, names in videos.items()}
    write_manifest(folder, Manifest(tuple(shards), known, known))
    return folder


def _encode(still: TrackedClip, name: str, split: str) -> EncodedClip:
    notes = ClipNotes(name, name, f"{name}.mp4", "25", 2, split, "", dict.fromkeys(QUALITY, 1.0))
    frames, mattes = tuple(map(encode_frame, still.frames)), tuple(map(encode_matte, still.mattes))
    return EncodedClip(name, notes, still.landmarks.repeat(2, axis=0), 2 * frames, 2 * mattes)


def batches(folder: Path, first: int, number: int, ranks: Ranks = ALONE, **changes: Any) -> list[EpisodeBatch]:
    episodes = replace(SETTINGS, batch_size=SETTINGS.batch_size // ranks.count)
    feed = open_feed(FeedSettings(folder, episodes, **changes), ranks)
    drawn = feed.episodes(first)
    taken = list(islice(drawn, number))
    drawn.close()  # type: ignore[attr-defined]
    return taken


def assert_equal(found: EpisodeBatch, expected: EpisodeBatch) -> None:
    for field in fields(EpisodeBatch):
        assert torch.equal(getattr(found, field.name), getattr(expected, field.name)), field.name


def test_a_feed_knows_every_video_and_judges_by_others(shards_dir: Path) -> None:
    feed = open_feed(FeedSettings(shards_dir, SETTINGS), ALONE)
    assert feed.num_videos == NUM_CLIPS
    assert [len(batch) for batch in feed.validation] == [2] * 4
    assert open_feed(FeedSettings(shards_dir, SETTINGS), Ranks(1, 2)).validation == []  # the first rank validates


@pytest.mark.parametrize("memory", [8 << 30, 1000])
def test_a_feed_that_goes_on_gives_what_an_unbroken_one_would(
    memory: int, shards_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_groups, "STEPS_PER_GROUP", 2)
    unbroken = batches(shards_dir, 0, 6, memory=memory)
    for found, expected in zip(batches(shards_dir, 5, 1, memory=memory), unbroken[5:], strict=True):
        assert_equal(found, expected)


def test_ranks_share_the_rows_of_one_process(shards_dir: Path) -> None:
    whole = batches(shards_dir, 3, 3)
    halves = [batches(shards_dir, 3, 3, Ranks(rank, 2)) for rank in (0, 1)]
    for step, expected in enumerate(whole):
        assert_equal(halves[0][step], expected.rows(slice(0, 1)))
        assert_equal(halves[1][step], expected.rows(slice(1, 2)))


def test_worker_processes_change_nothing(shards_dir: Path) -> None:
    """In a program of its own: workers are forks, which threads of other tests do not survive."""
    subprocess.run([sys.executable, __file__, str(shards_dir)], check=True, timeout=120)


def test_of_shards_too_large_for_the_memory_every_clip_gets_its_turn(
    shards_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_groups, "STEPS_PER_GROUP", 1)
    seen = [set(batch.video_index.tolist()) for batch in batches(shards_dir, 0, 9, memory=1000)]
    assert set().union(*seen) == set(range(NUM_CLIPS))
    assert all(len(videos) <= clip_groups.NUM_GROUPS for videos in seen)  # no more are held
    theirs = [batches(shards_dir, 0, 1, Ranks(rank, 2), memory=1000)[0].video_index.tolist() for rank in (0, 1)]
    assert not set(theirs[0]) & set(theirs[1])  # each rank holds clips of its own


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
    with pytest.raises(DataError, match=r"show one person, alice; add clips of another person"):
        split_clips(tmp_path, None)


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    for found, expected in zip(batches(directory, 3, 3, num_workers=2), batches(directory, 3, 3), strict=True):
        assert_equal(found, expected)
