from pathlib import Path

import numpy as np
import pytest

from headcast.data.manifest import Manifest, Shard, write_manifest
from headcast.data.quality import QUALITY
from headcast.data.tar import ClipNotes, EncodedClip, encode_frame, encode_matte, write_clips
from headcast.errors import DataError
from headcast.evaluation.clips import clip_key, judged_clips, usable_clips
from headcast.media.portraits import read_portrait


def test_a_clip_that_is_too_short_is_named(make_clip) -> None:
    usable = make_clip("anna_1", read_portrait("astronaut"), shifts=[0] * 6)
    short = make_clip("ben_1", read_portrait("astronaut"), shifts=[0] * 4)
    assert usable_clips([short, usable], ["cleo is no video"]) == (
        [usable],
        [
            "cleo is no video",
            "clip ben_1 has 4 frames, 1 of them for shots and 1 to be made again; 2 are needed: use a longer clip",
        ],
    )
    assert clip_key(usable) == "anna_1"
    with pytest.raises(DataError, match="no clip can be judged; the first: clip ben_1 has 4 frames"):
        usable_clips([short])


@pytest.fixture
def shards_dir(make_clip, tmp_path: Path) -> Path:
    """One shard of the split val: a clip and a still."""
    made = make_clip("dora_1", read_portrait("astronaut"))
    clips = []
    for key, count in (("dora_1", len(made)), ("emil_1", 1)):
        shots = [made.shot(number) for number in range(count)]
        notes = ClipNotes(
            key[:4], f"{key[:4]}/{key}", f"{key}.mp4", "25", count, "val", "", dict.fromkeys(QUALITY, 1.0)
        )
        frames = tuple(encode_frame(shot.image) for shot in shots)
        mattes = tuple(encode_matte((255 * shot.matte).astype(np.uint8)) for shot in shots)
        clips.append(EncodedClip(key, notes, made.landmarks[:count], frames, mattes))
    folder = tmp_path / "shards"
    folder.mkdir()
    path = folder / "val-000000.tar"
    shard = Shard(path.name, "val", 1, write_clips(path, clips), 2, len(made) + 1)
    names = ("dora/dora_1", "emil/emil_1")
    write_manifest(folder, Manifest((shard,), {"val": ("dora", "emil")}, {"val": names}))
    return folder


def test_shards_are_judged_as_they_are(shards_dir: Path, make_clip) -> None:
    clips, left_out = judged_clips(shards_dir)
    (clip,) = clips
    assert (clip.name, clip.identity, clip_key(clip)) == ("dora_1", "dora", "dora_1")
    assert left_out == [f"stills of {shards_dir} left out: 1"]
    np.testing.assert_array_equal(clip.landmarks, make_clip("dora_1", read_portrait("astronaut")).landmarks)


def test_shards_know_their_own_lists(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="holds shards, which know their people and splits; leave out --list"):
        judged_clips(tmp_path, tmp_path / "list.csv")
