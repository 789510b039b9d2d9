"""What a folder of shards holds in, `manifest.json` out, and back: a stranger's file is checked before it is used."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from headcast import strict
from headcast.errors import DataError
from headcast.files import write_text
from headcast.limits import MAX_JSON_BYTES, MAX_SHARD_CLIPS
from headcast.printable import brief
from headcast.strict import finite, text, texts, whole

FORMAT: Final = "headcast-shards"
VERSION: Final = 1
MANIFEST_NAME: Final = "manifest.json"
SPLITS: Final = ("train", "val", "test")

_MAX_COUNT: Final = 2**53  # what JSON carries exactly everywhere
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SHARD_NAME: Final = re.compile(r"(train|val|test)-\d{6}\.tar")


@dataclass(frozen=True)
class Shard:
    """One tar file: how large it is, the SHA-256 of its bytes, and what is in it."""

    file: str
    split: str
    num_bytes: int
    sha256: str
    num_clips: int
    num_frames: int


@dataclass(frozen=True)
class Manifest:
    """What a folder of shards holds.

    `identities` and `videos` list, sorted, who and which videos each split shows; a video's place in that list is its
    row among the video embeddings. `left_out` counts the clips that could not be used, by reason. `settings` are those
    of the preparation, `measured` its figures.
    """

    shards: tuple[Shard, ...]
    identities: Mapping[str, tuple[str, ...]]
    videos: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)

    def shards_of(self, split: str) -> list[Shard]:
        """The shards of one split, in order; DataError where there is none."""
        shards = [shard for shard in self.shards if shard.split == split]
        if not shards:
            known = ", ".join(sorted({shard.split for shard in self.shards}))
            raise DataError(f"these shards hold no clips of the split {split}, only {known}; prepare more identities")
        return shards

    @property
    def num_clips(self) -> int:
        """Clips in all shards."""
        return sum(shard.num_clips for shard in self.shards)

    @property
    def num_frames(self) -> int:
        """Frames in all shards."""
        return sum(shard.num_frames for shard in self.shards)

    @property
    def num_bytes(self) -> int:
        """Size of all shards."""
        return sum(shard.num_bytes for shard in self.shards)


def is_shards(folder: Path) -> bool:
    """Tell whether a folder holds finished shards rather than clips."""
    return (folder / MANIFEST_NAME).is_file()


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write `manifest.json`; it appears whole or not at all."""
    path = folder / MANIFEST_NAME
    content = json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1)
    write_text(path, content + "\n")
    return path


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json` of a folder; DataError where it is missing, broken or of another version."""
    path = folder / MANIFEST_NAME
    table = read_table(path, MAX_JSON_BYTES)
    if table.get("format") != FORMAT:
        raise DataError(f"{path} is no manifest of shards; expected one written by `headcast prepare`")
    if table.get("version") != VERSION:
        raise DataError(
            f"{path} has version {table.get('version')!r:.20}, this program reads {VERSION}; update headcast"
        )
    try:
        manifest = Manifest(
            tuple(read_shard_entry(entry) for entry in table["shards"]),
            {split: texts(names, split) for split, names in strict.table(table["identities"], "identities").items()},
            {split: texts(names, split) for split, names in strict.table(table["videos"], "videos").items()},
            {reason: whole(count, 0, _MAX_COUNT, reason) for reason, count in table["left_out"].items()},
            dict(strict.table(table["settings"], "settings")),
            {name: finite(value, -_MAX_COUNT, _MAX_COUNT, name) for name, value in table["measured"].items()},
        )
        if lacking := {shard.split for shard in manifest.shards} - (set(manifest.identities) & set(manifest.videos)):
            raise ValueError(f"it names nobody for {', '.join(lacking)}")
        return manifest
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is broken ({error!r:.80}); run `headcast prepare` again") from error


def read_table(path: Path, max_bytes: int) -> dict[str, Any]:
    """Read a JSON table of at most `max_bytes`; DataError where it is missing or none."""
    try:
        if not path.exists():
            raise DataError(f"no {path.name} in {path.parent}; make the shards with `headcast prepare`")
        return strict.read_json_table(path, max_bytes)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path} ({brief(error, 80)}); run `headcast prepare` again") from error


def read_shard_entry(entry: Mapping[str, Any]) -> Shard:
    """Read one shard's line; TypeError or ValueError where it is not as written."""
    shard = Shard(**entry)
    if not isinstance(shard.file, str) or not _SHARD_NAME.fullmatch(shard.file):
        raise ValueError(f"a shard is called {shard.file!r:.40}")
    if shard.split != shard.file.split("-")[0] or not _SHA256.fullmatch(text(shard.sha256, "sha256")):
        raise ValueError(f"the split or SHA-256 of {shard.file} is wrong")
    whole(shard.num_bytes, 1, _MAX_COUNT, "num_bytes")
    whole(shard.num_clips, 1, MAX_SHARD_CLIPS, "num_clips")
    whole(shard.num_frames, 1, _MAX_COUNT, "num_frames")
    return shard
