"""A folder of shards in; what is wrong with it, the figures of its clips and some of their frames, out."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.data.cut import FRAME_SIZE
from headcast.data.manifest import Manifest, Shard, read_manifest
from headcast.data.quality import QUALITY
from headcast.data.tar import ClipNotes, EncodedClip, decode_frame, decode_matte, read_clips, sha256_of
from headcast.errors import DataError
from headcast.types import Image
from headcast.warping.draw import draw_landmark_image

NUM_SHOWN: Final = 48  # clips on the contact sheet

_MAX_PLACE: Final = 2 * FRAME_SIZE  # pixels outside the frame's middle that a landmark may lie


@dataclass(frozen=True)
class ShardCheck:
    """One shard to look into; `shown` are the places of its clips on the contact sheet."""

    folder: Path
    shard: Shard
    shown: frozenset[int]


@dataclass(frozen=True)
class ShardFindings:
    """What is wrong with a shard, its clips' keys and notes, and the frames to show, (256, 256, 3) each."""

    problems: tuple[str, ...]
    keys: tuple[str, ...]
    notes: tuple[ClipNotes, ...]
    pictures: tuple[Image, ...]


@dataclass(frozen=True)
class Findings:
    """What is wrong with a folder of shards (nothing, if all is well), its clips' notes and some of their frames."""

    manifest: Manifest
    problems: tuple[str, ...]
    notes: tuple[ClipNotes, ...]
    pictures: tuple[Image, ...]


Runner = Callable[[Callable[[ShardCheck], ShardFindings], Sequence[ShardCheck]], Iterator[ShardFindings]]


def check_shards(folder: Path, runner: Runner, on_progress: Callable[[int], None]) -> Findings:
    """Read every shard; DataError where there is no manifest to compare with. `on_progress` is told of clips read."""
    manifest = read_manifest(folder)
    found = []
    for findings in runner(check_shard, _checks(folder, manifest)):
        found.append(findings)
        on_progress(len(findings.notes))
    keys = Counter(key for findings in found for key in findings.keys)
    notes = tuple(note for findings in found for note in findings.notes)
    problems = [problem for findings in found for problem in findings.problems]
    problems += [f"{key} is in the shards {count} times" for key, count in keys.items() if count > 1]
    problems += _problems_of_manifest(folder, manifest, notes)
    pictures = tuple(picture for findings in found for picture in findings.pictures)
    return Findings(manifest, tuple(sorted(problems)), notes, pictures)


def check_shard(check: ShardCheck) -> ShardFindings:
    """Compare one shard with its line in the manifest, its clips with what they say of themselves."""
    path, shard = check.folder / check.shard.file, check.shard
    problems: list[str] = []
    keys: list[str] = []
    notes: list[ClipNotes] = []
    pictures: list[Image] = []
    if not path.is_file():
        return ShardFindings((f"{shard.file} is missing",), (), (), ())
    if path.stat().st_size != shard.num_bytes or sha256_of(path) != shard.sha256:
        problems.append(f"{shard.file} is not the file that was written: its size or SHA-256 differs")
    try:
        for place, clip in enumerate(read_clips(path)):
            keys.append(clip.key)
            notes.append(clip.notes)
            faults = [f"{shard.file}: {clip.key} {fault}" for fault in _faults_of_clip(clip, shard.split)]
            problems += faults
            if place in check.shown and not faults:
                pictures.append(_shown(clip))
    except DataError as error:
        problems.append(str(error))
    num_clips, num_frames = len(notes), sum(note.num_frames for note in notes)
    if (num_clips, num_frames) != (shard.num_clips, shard.num_frames):
        problems.append(
            f"{shard.file} holds {num_clips} whole clips with {num_frames} frames, "
            f"the manifest says {shard.num_clips} with {shard.num_frames}"
        )
    return ShardFindings(tuple(problems), tuple(keys), tuple(notes), tuple(pictures))


def _checks(folder: Path, manifest: Manifest) -> list[ShardCheck]:
    """One check a shard, with clips to show spread evenly over all."""
    shown = set(np.linspace(0, manifest.num_clips - 1, min(NUM_SHOWN, manifest.num_clips)).round().astype(int).tolist())
    checks, first = [], 0
    for shard in manifest.shards:
        places = range(first, first + shard.num_clips)
        checks.append(ShardCheck(folder, shard, frozenset(place - first for place in places if place in shown)))
        first += shard.num_clips
    return checks


def _faults_of_clip(clip: EncodedClip, split: str) -> Iterator[str]:
    if clip.notes.split != split:
        yield f"belongs to the split {clip.notes.split}"
    if set(clip.notes.quality) != set(QUALITY):
        yield "lacks figures of its quality"
    if not np.isfinite(clip.landmarks).all() or np.abs(clip.landmarks - FRAME_SIZE / 2).max() > _MAX_PLACE:
        yield "has landmarks far outside its frames"
    for number in {0, len(clip.frames) // 2, len(clip.frames) - 1}:  # the SHA-256 stands for the others
        try:
            if decode_frame(clip.frames[number]).std() == 0:
                yield f"shows nothing in frame {number}"
            decode_matte(clip.mattes[number])
        except ValueError as error:
            yield f"has a broken frame {number} ({error})"


def _problems_of_manifest(folder: Path, manifest: Manifest, notes: Sequence[ClipNotes]) -> Iterator[str]:
    listed = {shard.file for shard in manifest.shards}
    for extra in sorted({path.name for path in folder.glob("*.tar")} - listed):
        yield f"{extra} is not in the manifest"
    for one, other in combinations(manifest.identities, 2):
        for identity in sorted(set(manifest.identities[one]) & set(manifest.identities[other])):
            yield f"{identity} is in the splits {one} and {other}"
    for split in manifest.identities:
        mine = [note for note in notes if note.split == split]
        if {note.identity for note in mine} != set(manifest.identities[split]):
            yield f"the manifest lists other identities for {split} than the shards hold"
        if {note.video for note in mine} != set(manifest.videos[split]):
            yield f"the manifest lists other videos for {split} than the shards hold"


def _shown(clip: EncodedClip) -> Image:
    """The middle frame, what the matte takes away darkened, the landmarks drawn over it."""
    number = len(clip.frames) // 2
    matte: NDArray[np.float32] = decode_matte(clip.mattes[number])[:, :, None] / np.float32(255)
    darkened = np.asarray(decode_frame(clip.frames[number]) * (0.3 + 0.7 * matte), np.uint8)
    return np.maximum(darkened, draw_landmark_image(clip.landmarks[number], FRAME_SIZE))
