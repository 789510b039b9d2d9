"""Every clip once a round, in another order each time, shared among readers without overlap."""

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from headcast.data.shards import ShardClips, load_all
from headcast.data.tar import EncodedClip, write_clips
from headcast.errors import DataError

NAMES = ["anna_1", "anna_2", "ben_1", "ben_2", "carl_1"]


def _names(clips: ShardClips, count: int) -> list[str]:
    return [clip.name for clip in islice(clips, count)]


def test_all_clips_of_a_split_in_order(shards_dir: Path) -> None:
    clips = load_all(shards_dir, "train")
    assert [clip.name for clip in clips] == ["anna_1", "ben_1", "carl_1", "anna_2", "ben_2"]
    assert {clip.name: clip.video_index for clip in clips} == dict(zip(NAMES, range(5), strict=True))
    assert [clip.identity for clip in load_all(shards_dir, "val")] == ["dora"]


def test_a_clip_holds_what_was_written(shards_dir: Path, encode_clip: Callable[..., EncodedClip]) -> None:
    clip, written = load_all(shards_dir, "train")[0], encode_clip("anna_1")
    assert (len(clip), clip.rate) == (2, Fraction(25, 2))
    shot = clip.shot(1)
    assert (shot.image.shape, shot.image.dtype, shot.matte.dtype) == ((256, 256, 3), np.uint8, np.float32)
    np.testing.assert_array_equal(shot.landmarks, written.landmarks[1])
    assert 0.9 < shot.matte.max() <= 1


def test_each_round_brings_every_clip_once_in_a_new_order(shards_dir: Path) -> None:
    clips = ShardClips(shards_dir, "train", seed=3)
    assert (clips.num_videos, clips.identities) == (5, ("anna", "ben", "carl"))
    names = _names(clips, 40)
    rounds = [names[start : start + 5] for start in range(0, 40, 5)]
    assert all(sorted(order) == NAMES for order in rounds)
    assert len({tuple(order) for order in rounds}) > 4


def test_the_seed_decides_the_order(shards_dir: Path) -> None:
    first, again, other = (_names(ShardClips(shards_dir, "train", seed=seed), 20) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("world_size", [2, 3, 5])
def test_readers_share_the_clips_without_overlap(shards_dir: Path, world_size: int) -> None:
    """Some ranks have more clips than others, so each is read until it has seen a whole round."""
    readers = [ShardClips(shards_dir, "train", rank=rank, world_size=world_size) for rank in range(world_size)]
    alone = _names(ShardClips(shards_dir, "train"), 5)
    shares = [_names(reader, 5) for reader in readers]
    firsts = []
    for share in shares:
        places = [alone.index(name) for name in share]
        ends = [number for number in range(1, 5) if places[number] < places[number - 1]]
        firsts += share[: ends[0] if ends else 5]
    assert sorted(set(firsts)) == NAMES
    assert all(reader.num_videos == 5 for reader in readers)


def test_of_more_readers_than_clips_each_gets_some(shards_dir: Path) -> None:
    assert all(len(_names(ShardClips(shards_dir, "val", rank=rank, world_size=3), 2)) == 2 for rank in range(3))


def test_a_wrong_rank(shards_dir: Path) -> None:
    for rank in (-1, 2):
        with pytest.raises(ValueError, match="rank must lie from 0 to world_size - 1 = 1"):
            ShardClips(shards_dir, "train", rank=rank, world_size=2)


def test_a_shard_that_does_not_fit_the_manifest_is_one_line(
    shards_dir: Path, encode_clip: Callable[..., EncodedClip]
) -> None:
    write_clips(shards_dir / "val-000000.tar", [])
    with pytest.raises(DataError, match="holds fewer clips than the manifest says; run `headcast data check`"):
        _names(ShardClips(shards_dir, "val"), 1)
    write_clips(shards_dir / "train-000002.tar", [encode_clip("eve_1")])
    with pytest.raises(DataError, match="does not know the video 'eve/eve_1'; prepare it again"):
        load_all(shards_dir, "train")


@pytest.mark.parametrize("first", [0, 1, 4, 5, 13])
def test_reading_goes_on_in_the_middle(first: int, shards_dir: Path) -> None:
    clips = ShardClips(shards_dir, "train", seed=3, rank=1, world_size=2)
    assert [clip.name for clip in islice(clips.clips_from(first), 6)] == _names(clips, first + 6)[first:]
