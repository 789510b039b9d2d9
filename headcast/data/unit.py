"""The clips of one shard in; the shard, and a note of what became of the clips, out: the work of one process.

A shard is written whole or not at all, then noted in `parts/`. One with a note is done; any other is made
again, to the same bytes.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final

from headcast.data.encode import LeftOut, encode_source
from headcast.data.manifest import Shard, read_shard_entry, read_table
from headcast.data.sources import SourceClip
from headcast.data.tar import ClipNotes, EncodedClip, write_clips
from headcast.errors import DataError
from headcast.files import cannot_write, replaced_on_success, write_text
from headcast.limits import MAX_PART_BYTES, MAX_SHARD_CLIPS
from headcast.strict import finite, texts, whole

PARTS_DIR: Final = "parts"


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
    write_text(unit.part_path, json.dumps(asdict(part)))
    return part


def _write_shard(unit: Unit, clips: Iterator[EncodedClip], notes: list[ClipNotes]) -> Shard | None:
    """Write the tar file; none where there is no clip for it. `notes` grow while the clips are drawn."""
    first = next(clips, None)
    if first is None:
        return None
    path = unit.out / f"{unit.name}.tar"
    with replaced_on_success(path) as temporary:
        try:
            digest = write_clips(temporary, chain([first], clips))
        except OSError as error:
            raise cannot_write(path, error) from error
        num_bytes = temporary.stat().st_size
    num_frames = sum(note.num_frames for note in notes)
    return Shard(path.name, unit.name.split("-")[0], num_bytes, digest, len(notes), num_frames)


def finished_part(unit: Unit) -> Part | None:
    """Return the part of a unit that was finished in this preparation and whose shard is still there."""
    if not unit.part_path.is_file():
        return None
    part = _read_part(unit.part_path)
    shard = part.shard
    is_whole = shard is None or _size_of(unit.out / shard.file) == shard.num_bytes
    return part if part.plan == unit.plan and is_whole else None


def _read_part(path: Path) -> Part:
    table = read_table(path, MAX_PART_BYTES)
    try:
        return Part(
            plan=str(table["plan"]),
            num_sources=whole(table["num_sources"], 0, MAX_SHARD_CLIPS, "num_sources"),
            shard=read_shard_entry(table["shard"]) if table["shard"] else None,
            identities=texts(table["identities"], "identities"),
            videos=texts(table["videos"], "videos"),
            left_out=tuple(LeftOut(**entry) for entry in table["left_out"]),
            clip_seconds=finite(table["clip_seconds"], 0, 1e12, "clip_seconds"),
            core_seconds=finite(table["core_seconds"], 0, 1e12, "core_seconds"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is broken ({error!r:.80}); delete it and start again") from error


def _size_of(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
