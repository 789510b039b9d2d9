"""A small source through preparation: what the shards hold, and that no interruption changes it."""

import json
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headcast.data.cut import Excerpt, track_clip
from headcast.data.manifest import Manifest
from headcast.data.prepare import plan_units, prepare
from headcast.data.shards import load_all
from headcast.data.sources import find_sources
from headcast.data.unit import PrepareSettings
from headcast.errors import DataError
from headcast.media.portraits import read_portrait

SETTINGS = PrepareSettings(clips_per_shard=2, max_rate=3)
Contents = dict[str, bytes]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, clip_path: Path) -> Path:
    """One clip, four stills of four people, a wall and a broken file."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copy(clip_path, folder)
    for number, name in enumerate(("ada", "bea", "cleo", "dora")):
        Image.fromarray(read_portrait("astronaut")[: 380 + 20 * number]).save(folder / f"{name}_1.png")
    Image.fromarray(np.full((128, 128, 3), 130, np.uint8)).save(folder / "wall_1.png")
    (folder / "torn_1.mp4").write_bytes(b"torn")
    return folder


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    _prepare(source, out)
    return out


def _prepare(source: Path, out: Path, runner=map) -> Manifest:
    return prepare(find_sources(source), out, SETTINGS, runner, lambda done, before: None)


def _contents(out: Path) -> Contents:
    return {path.name: path.read_bytes() for path in out.glob("*.tar")}


def _facts(out: Path) -> dict[str, object]:
    """The manifest without what it measured."""
    table = json.loads((out / "manifest.json").read_text())
    return {name: value for name, value in table.items() if name != "measured"}


def test_usable_clips_are_there_and_the_others_counted(undisturbed: Path) -> None:
    clips = [*load_all(undisturbed, "train"), *load_all(undisturbed, "val")]
    assert sorted(clip.identity for clip in clips) == ["ada", "bea", "cleo", "dora", "eileen"]
    assert [clip.identity for clip in load_all(undisturbed, "val")] == ["ada"]  # the first of six people
    assert sorted(map(len, clips)) == [1, 1, 1, 1, 8]
    assert _facts(undisturbed)["left_out"] == {"no face": 1, "unreadable": 1}
    assert not list(undisturbed.rglob("*.part"))


def test_a_clip_holds_every_fourth_frame_as_it_was_cut(undisturbed: Path, clip_path: Path) -> None:
    (clip,) = (clip for clip in load_all(undisturbed, "train") if clip.identity == "eileen")
    tracked = track_clip(clip_path, Excerpt(max_rate=Fraction(3)))
    assert (clip.rate, len(tracked.frames)) == (Fraction(3), 8)
    np.testing.assert_array_equal(clip.landmarks, tracked.landmarks)
    shot = clip.shot(5)
    assert np.abs(shot.image.astype(int) - tracked.frames[5]).mean() < 2  # JPEG
    np.testing.assert_array_equal(np.round(shot.matte * 255), tracked.mattes[5])
    whole = track_clip(clip_path)
    assert np.abs(tracked.landmarks[3] - whole.landmarks[12])[:, :2].mean() < 2


def test_units_depend_on_names_alone_and_mix_them(source: Path, tmp_path: Path) -> None:
    clips = find_sources(source)
    units = plan_units(clips, tmp_path, SETTINGS)
    again = plan_units(clips[::-1], tmp_path, SETTINGS)
    assert [(unit.name, unit.clips) for unit in again] == [(unit.name, unit.clips) for unit in units]
    assert sorted(clip.name for unit in units for clip in unit.clips) == sorted(clip.name for clip in clips)
    assert {len(unit.clips) for unit in units} <= {1, 2}
    in_order = [clip.name for unit in units for clip in unit.clips if clip.split == "train"]
    assert in_order != sorted(in_order)


def test_a_tar_copy_gives_the_same_shards(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "copy.tar", "w") as tar:
        for path in source.iterdir():
            tar.add(path, path.name)
    _prepare(tmp_path / "copy.tar", tmp_path / "out")
    assert _contents(tmp_path / "out") == _contents(undisturbed)
    assert _facts(tmp_path / "out") == _facts(undisturbed)


def test_an_interrupted_preparation_goes_on(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Finished units are not made again; a half-written shard, and one without a note, are."""
    made = []

    def interrupted(function: Callable, units: list) -> Iterator:
        for unit in units[:2]:
            yield function(unit)
        raise KeyboardInterrupt

    def counted(function: Callable, units: list) -> Iterator:
        made.extend(units)
        return map(function, units)

    told: list[tuple[int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        _prepare(source, tmp_path / "out", interrupted)
    assert not (tmp_path / "out" / "manifest.json").exists()
    left = tmp_path / "out" / ".headcast-0123456789abcdef.part"
    left.mkdir()
    (left / "content.part").write_bytes(b"half")
    (tmp_path / "out" / "val-000000.tar").write_bytes(b"without a note")
    prepare(find_sources(source), tmp_path / "out", SETTINGS, counted, lambda *counts: told.append(counts))
    assert told == [(4, 4), (6, 4), (7, 4)]
    assert [unit.name for unit in made] == ["train-000002", "val-000000"]
    assert _contents(tmp_path / "out") == _contents(undisturbed)
    assert _facts(tmp_path / "out") == _facts(undisturbed)
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_shard_that_was_lost_is_made_again(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    shutil.copytree(undisturbed, tmp_path / "out")
    (tmp_path / "out" / "val-000000.tar").unlink()
    _prepare(source, tmp_path / "out")
    assert _contents(tmp_path / "out") == _contents(undisturbed)


def test_other_clips_or_settings_need_another_folder(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="was started with other clips or settings"):
        prepare(find_sources(source)[1:], undisturbed, SETTINGS, map, lambda done, before: None)
    with pytest.raises(DataError, match="was started with other clips or settings"):
        prepare(find_sources(source), undisturbed, PrepareSettings(), map, lambda done, before: None)
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="holds other files; give a new folder"):
        _prepare(source, tmp_path)


def test_a_source_without_a_usable_clip_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "torn.mp4").write_bytes(b"torn")
    with pytest.raises(DataError, match=r"none of 1 clips can be used \(1 unreadable\); .*parts says what was found"):
        _prepare(tmp_path / "source", tmp_path / "out")


@pytest.mark.slow
def test_killed_at_five_random_moments_nothing_is_lost_or_doubled(
    source: Path, undisturbed: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "headcast", "prepare", source, tmp_path / "out", "--workers", "2"]
    words += ["--clips-per-shard", "2", "--max-rate", "3"]
    random = np.random.default_rng()
    for moment in random.uniform(0, 12, 5):
        process = subprocess.Popen([*map(str, words)], stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert subprocess.run([*map(str, words)], check=True, capture_output=True).returncode == 0
    assert _contents(tmp_path / "out") == _contents(undisturbed)
    assert _facts(tmp_path / "out") == _facts(undisturbed)
