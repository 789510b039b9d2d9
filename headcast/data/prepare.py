"""Videos and photos in, shards of tracked clips with a manifest out; killed at any moment it goes on where it stopped.

Which clip goes into which shard is fixed beforehand: in the order of a hash of its name, so that every shard mixes
people, `clips_per_shard` of a split to each. A shard is written under another name, renamed, then noted in `parts/`;
one with a note is done, any other is made again, to the same bytes.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final

from headcast.data.encode import LeftOut, encode_source
from headcast.data.manifest import (
    SPLITS,
    VERSION,
    Manifest,
    Shard,
    read_shard_entry,
    read_table,
    write_manifest,
)
from headcast.data.sources import SourceClip
from headcast.data.tar import ClipNotes, EncodedClip, write_clips
from headcast.errors import DataError
from headcast.media.files import replaced_on_success

PLAN_NAME: Final = "plan.json"
PARTS_DIR: Final = "parts"

_MAX_NOTE_BYTES: Final = 16 << 20


@dataclass(frozen=True)
class PrepareSettings:
    """How clips are prepared."""

    clips_per_shard: int = 32  # what one process does in one go
    max_rate: int = 15  # frames a second; closer ones teach nothing but copying


@dataclass(frozen=True)
class Unit:
    """The clips of one shard, `name`, in the folder `out`; `plan` names the preparation it belongs to."""

    out: Path
    name: str
    plan: str
    clips: tuple[SourceClip, ...]
    settings: PrepareSettings

    @property
    def part_path(self) -> Path:
        """Where the note of the finished unit lies."""
        return self.out / PARTS_DIR / f"{self.name}.json"


@dataclass(frozen=True)
class Part:
    """What became of a unit: `shard` is None where no clip could be used; `core_seconds` count all threads."""

    plan: str
    num_sources: int
    shard: Shard | None
    identities: tuple[str, ...]
    videos: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    clip_seconds: float
    core_seconds: float


Runner = Callable[[Callable[[Unit], Part], Sequence[Unit]], Iterator[Part]]
"""Runs jobs somewhere and yields their results in any order, as those of workers.py do."""


def prepare(
    clips: Sequence[SourceClip],
    out: Path,
    settings: PrepareSettings,
    runner: Runner,
    on_progress: Callable[[int], None],
) -> Manifest:
    """Make the shards that are not yet there, then the manifest; `on_progress` is told of every few clips done.

    DataError where `out` holds something else.
    """
    units = plan_units(clips, out, settings)
    _open_folder(out, units[0].plan)
    parts = {unit.name: part for unit in units if (part := _finished(unit))}
    for part in parts.values():
        on_progress(part.num_sources)
    for part in runner(prepare_unit, [unit for unit in units if unit.name not in parts]):
        on_progress(part.num_sources)
    manifest = _manifest([_finished_part(unit) for unit in units], settings)
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


def prepare_unit(unit: Unit) -> Part:
    """Make one shard and its note; needs nothing but the unit, so that it can run anywhere."""
    started = time.process_time()
    left_out: list[LeftOut] = []
    notes: list[ClipNotes] = []

    def usable() -> Iterator[EncodedClip]:
        for source in unit.clips:
            clip = encode_source(source, Fraction(unit.settings.max_rate))
            if isinstance(clip, LeftOut):
                left_out.append(clip)
            else:
                notes.append(clip.notes)
                yield clip

    shard = _write_shard(unit, usable(), notes)
    part = Part(
        unit.plan,
        len(unit.clips),
        shard,
        tuple(sorted({note.identity for note in notes})),
        tuple(sorted({note.video for note in notes})),
        tuple(left_out),
        float(sum(note.num_frames / Fraction(note.rate) for note in notes if note.num_frames > 1)),
        time.process_time() - started,
    )
    with replaced_on_success(unit.part_path) as temporary:
        temporary.write_text(json.dumps(asdict(part)), encoding="utf-8")
    return part


def _write_shard(unit: Unit, clips: Iterator[EncodedClip], notes: list[ClipNotes]) -> Shard | None:
    """Write the tar file; none where there is no clip for it. `notes` grow while the clips are drawn."""
    first = next(clips, None)
    if first is None:
        return None
    path = unit.out / f"{unit.name}.tar"
    with replaced_on_success(path) as temporary:
        digest = write_clips(temporary, chain([first], clips))
        num_bytes = temporary.stat().st_size
    num_frames = sum(note.num_frames for note in notes)
    return Shard(path.name, unit.name.split("-")[0], num_bytes, digest, len(notes), num_frames)


def _place(clip: SourceClip) -> str:
    return hashlib.sha256(clip.key.encode()).hexdigest()


def _open_folder(out: Path, plan: str) -> None:
    """Make the folder and note the plan, or check that it is the same; remove what a killed run left half-written."""
    if out.is_dir() and any(out.iterdir()):
        if not (out / PLAN_NAME).is_file():
            raise DataError(f"{out} holds other files; give a new folder")
        if read_table(out / PLAN_NAME, _MAX_NOTE_BYTES).get("plan") != plan:
            raise DataError(f"{out} was begun with other clips or settings; give the same ones, or a new folder")
    (out / PARTS_DIR).mkdir(parents=True, exist_ok=True)
    for leftover in chain(out.glob(".*.part"), (out / PARTS_DIR).glob(".*.part")):
        leftover.unlink()
    with replaced_on_success(out / PLAN_NAME) as temporary:
        temporary.write_text(json.dumps({"plan": plan}), encoding="utf-8")


def _finished(unit: Unit) -> Part | None:
    """The part of a unit that was finished in this preparation and whose shard is still there."""
    if not unit.part_path.is_file():
        return None
    part = _read_part(unit.part_path)
    shard = part.shard
    whole = shard is None or _size_of(unit.out / shard.file) == shard.num_bytes
    return part if part.plan == unit.plan and whole else None


def _finished_part(unit: Unit) -> Part:
    part = _finished(unit)
    if part is None:
        raise DataError(f"{unit.name} vanished from {unit.out} meanwhile; start again, it goes on where it stopped")
    return part


def _read_part(path: Path) -> Part:
    table = read_table(path, _MAX_NOTE_BYTES)
    try:
        return Part(
            plan=str(table["plan"]),
            num_sources=int(table["num_sources"]),
            shard=read_shard_entry(table["shard"]) if table["shard"] else None,
            identities=tuple(table["identities"]),
            videos=tuple(table["videos"]),
            left_out=tuple(LeftOut(**entry) for entry in table["left_out"]),
            clip_seconds=float(table["clip_seconds"]),
            core_seconds=float(table["core_seconds"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is broken ({error!r:.80}); delete it and start again") from error


def _size_of(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


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
