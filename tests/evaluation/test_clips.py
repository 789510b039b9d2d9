from pathlib import Path

import pytest
from skimage.data import astronaut

from headcast.errors import DataError
from headcast.evaluation.clips import clip_key, judged_clips, usable_clips


def test_a_clip_that_is_too_short_is_named(make_clip) -> None:
    usable = make_clip("anna_1", astronaut(), shifts=[0] * 6)
    short = make_clip("ben_1", astronaut(), shifts=[0] * 4)
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


def test_shards_know_their_own_lists(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="holds shards, which know their people and splits; leave out --list"):
        judged_clips(tmp_path, tmp_path / "list.csv")
