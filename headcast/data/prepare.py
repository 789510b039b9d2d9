"""Videos and photos in, shards of tracked clips with a manifest out; killed at any moment it resumes where it stopped.

Which clip goes into which shard is fixed beforehand: in the order of a hash of its name, so that every shard mixes
people, `clips_per_shard` of a split to each.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from headcast.data.manifest import SPLITS, VERSION, Manifest, read_table, write_manifest
from headcast.data.sources import SourceClip
from headcast.data.unit import PARTS_DIR, Part, PrepareSettings, Unit, finished_part, prepare_unit
from headcast.errors import DataError
from headcast.files import sweep, write_text

PLAN_NAME: Final = "plan.json"

_MAX_PLAN_BYTES: Final = 1 << 16

Runner = Callable[[Callable[[Unit], Part], Sequence[Unit]], Iterator[Part]]
"""Runs jobs somewhere and yields their results in any order, as those of workers.py do."""

OnProgress = Callable[[int, int], None]
"""Is told how many clips are done, and how many of them were before this start."""


def prepare(
    clips: Sequence[SourceClip],
    out: Path,
    settings: PrepareSettings,
    runner: Runner,
    on_progress: OnProgress,
) -> Manifest:
    """Make the shards that are not yet there, then the manifest.

    DataError where `out` holds something else, or no clip can be used.
    """
    units = plan_units(clips, out, settings)
    _open_folder(out, units[0].plan)
    done = {unit.name: part for unit in units if (part := finished_part(unit))}
    num_done = num_before = sum(part.num_sources for part in done.values())
    on_progress(num_done, num_before)
    try:
        for part in runner(prepare_unit, [unit for unit in units if unit.name not in done]):
            num_done += part.num_sources
            on_progress(num_done, num_before)
    finally:
        _sweep(out)  # also where workers were ended in the middle of a shard
    manifest = _manifest([_part_of(unit) for unit in units], settings)
    if not manifest.shards:
        reasons = ", ".join(f"{count} {reason}" for reason, count in manifest.left_out.items())
        raise DataError(f"none of {len(clips)} clips can be used ({reasons}); {out / PARTS_DIR} says what was found")
    write_manifest(out, manifest)
    return manifest


def plan_units(clips: Sequence[SourceClip], out: Path, settings: PrepareSettings) -> list[Unit]:
    """Say which clips go into which shard."""
    plan = hashlib.sha256(json.dumps([VERSION, asdict(settings)]).encode())
    for clip in clips:
        plan.update(repr((clip.name, clip.identity, clip.video, clip.split, clip.tier)).encode())
    units = []
    for split in SPLITS:
        mixed = sorted((clip for clip in clips if clip.split == split), key=_place)
        for number, start in enumerate(range(0, len(mixed), settings.clips_per_shard)):
            chosen = tuple(mixed[start : start + settings.clips_per_shard])
            units.append(Unit(out, f"{split}-{number:06}", plan.hexdigest(), chosen, settings))
    return units


def _place(clip: SourceClip) -> str:
    return hashlib.sha256(clip.key.encode()).hexdigest()


def _open_folder(out: Path, plan: str) -> None:
    """Make the folder and note the plan, or check that it is the same; remove what a killed run left half-written."""
    if out.is_dir() and any(path.suffix != ".part" for path in out.iterdir()):
        if not (out / PLAN_NAME).is_file():
            raise DataError(f"{out} holds other files; give a new folder")
        if read_table(out / PLAN_NAME, _MAX_PLAN_BYTES).get("plan") != plan:
            raise DataError(f"{out} was started with other clips or settings; give the same ones, or a new folder")
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / PLAN_NAME, json.dumps({"plan": plan}))
    (out / PARTS_DIR).mkdir(exist_ok=True)
    _sweep(out)


def _sweep(out: Path) -> None:
    for folder in (out, out / PARTS_DIR):
        sweep(folder)


def _part_of(unit: Unit) -> Part:
    part = finished_part(unit)
    if part is None:
        raise DataError(f"{unit.name} was deleted from {unit.out} during the run; start again, it resumes")
    return part


def _manifest(parts: list[Part], settings: PrepareSettings) -> Manifest:
    shown = [(part, part.shard) for part in parts if part.shard]
    splits = sorted({shard.split for _, shard in shown})
    return Manifest(
        tuple(shard for _, shard in shown),
        {split: _all(part.identities for part, shard in shown if shard.split == split) for split in splits},
        {split: _all(part.videos for part, shard in shown if shard.split == split) for split in splits},
        dict(sorted(Counter(clip.reason for part in parts for clip in part.left_out).items())),
        asdict(settings),
        {
            "clip_seconds": round(sum(part.clip_seconds for part in parts), 3),
            "core_seconds": round(sum(part.core_seconds for part in parts), 3),
        },
    )


def _all(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for some in names for name in some}))
