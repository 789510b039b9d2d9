"""Sound shards pass; each planted fault is found and named."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headcast.data.check import NUM_SHOWN, check_shards
from headcast.data.check_pictures import contact_sheet, draw_histograms, write_pictures
from headcast.data.manifest import read_manifest, write_manifest
from headcast.data.tar import EncodedClip, read_clips, write_clips
from headcast.media.images import read_image

FIRST = "train-000000.tar"


def _problems(folder: Path) -> tuple[str, ...]:
    return check_shards(folder, map, lambda count: None).problems


def _rewrite(folder: Path, change: Callable[[EncodedClip], EncodedClip]) -> None:
    """Change the first clip of the first shard, with a manifest that knows of it."""
    path, manifest = folder / FIRST, read_manifest(folder)
    first, *others = read_clips(path)
    digest = write_clips(path, [change(first), *others])
    shards = [replace(manifest.shards[0], num_bytes=path.stat().st_size, sha256=digest), *manifest.shards[1:]]
    write_manifest(folder, replace(manifest, shards=tuple(shards)))


def test_sound_shards_have_no_problems(shards_dir: Path) -> None:
    counts: list[int] = []
    findings = check_shards(shards_dir, map, counts.append)
    assert findings.problems == ()
    assert counts == [2, 2, 1, 1]
    assert len(findings.notes) == len(findings.pictures) == 6


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: (folder / FIRST).unlink(), f"{FIRST} is missing"),
        (lambda folder: (folder / FIRST).write_bytes(b"x" * 512), f"{FIRST} is not the file that was written"),
        (
            lambda folder: (folder / FIRST).write_bytes(b"x" * 512),
            "holds 0 whole clips with 0 frames, the manifest says 2 with 4",
        ),
        (lambda folder: _flip_a_bit(folder / FIRST), "its size or SHA-256 differs"),
        (lambda folder: (folder / "train-000009.tar").write_bytes(b""), "train-000009.tar is not in the manifest"),
        (
            lambda folder: _replace(folder, identities={"train": ("anna", "dora"), "val": ("dora",)}),
            "dora is in the splits",
        ),
        (lambda folder: _replace(folder, identities={"train": ("anna",), "val": ("dora",)}), "other identities for tr"),
        (lambda folder: _replace(folder, videos={"train": ("a",), "val": ("b",)}), "other videos for val"),
        (lambda folder: _replace_shard(folder, num_frames=99), f"{FIRST} holds 2 whole clips with 4 frames"),
        (lambda folder: _rewrite(folder, lambda clip: replace(clip, key="ben_1")), "holds a member of ben_1 twice"),
        (
            lambda folder: _rewrite(folder, lambda clip: replace(clip, key="ben_2")),
            "ben_2 is in the shards 2 times",
        ),
        (lambda folder: _rewrite(folder, _notes(split="val")), "anna_1 belongs to the split val"),
        (lambda folder: _rewrite(folder, _notes(quality={})), "anna_1 lacks figures of its quality"),
        (lambda folder: _rewrite(folder, _landmarks(np.nan)), "anna_1: its landmarks are not finite"),
        (lambda folder: _rewrite(folder, _landmarks(5000)), "anna_1: its landmarks all lie in one place"),
        (lambda folder: _rewrite(folder, lambda clip: replace(clip, frames=(b"x", b"y"))), "anna_1 has a broken frame"),
        (lambda folder: _rewrite(folder, lambda clip: replace(clip, mattes=clip.frames)), "anna_1 has a broken frame"),
    ],
)
def test_each_fault_is_named(shards_dir: Path, damage: Callable[[Path], object], problem: str) -> None:
    damage(shards_dir)
    problems = _problems(shards_dir)
    assert any(re.search(problem, found) for found in problems), problems


def test_pictures_of_what_is_there(shards_dir: Path, tmp_path: Path) -> None:
    findings = check_shards(shards_dir, map, lambda count: None)
    sheet, histograms = write_pictures(tmp_path, findings)
    assert read_image(sheet).shape == (160, 8 * 160, 3)
    assert min(read_image(histograms).shape[:2]) > 500
    axes = draw_histograms(findings).axes
    assert "sharpness, pixels across the face" in {axis.get_title() for axis in axes}
    assert all(sum(patch.get_height() for patch in axis.patches) >= 4 for axis in axes)


def test_tiles_stand_in_rows_of_eight() -> None:
    pictures = [np.full((256, 256, 3), 10 * number, np.uint8) for number in range(10)]
    sheet = contact_sheet(pictures)
    assert sheet.shape == (320, 1280, 3)
    assert [sheet[80, 80, 0], sheet[80, 1200, 0], sheet[240, 240, 0]] == [0, 70, 90]
    assert (sheet[240, 400:] == 255).all()
    assert NUM_SHOWN % 8 == 0


def _notes(**changes: object) -> Callable[[EncodedClip], EncodedClip]:
    return lambda clip: replace(clip, notes=replace(clip.notes, **changes))


def _landmarks(value: float) -> Callable[[EncodedClip], EncodedClip]:
    return lambda clip: replace(clip, landmarks=np.full_like(clip.landmarks, value))


def _replace(folder: Path, **changes: object) -> None:
    write_manifest(folder, replace(read_manifest(folder), **changes))


def _replace_shard(folder: Path, **changes: object) -> None:
    first, *others = read_manifest(folder).shards
    _replace(folder, shards=(replace(first, **changes), *others))


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
