"""A folder or tar file of clips and photos in, a sorted list of them with identity, video and split out."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from headcast.data.clips import SUFFIXES
from headcast.data.files import Location, list_files
from headcast.data.lists import read_list
from headcast.data.manifest import SPLITS
from headcast.data.voxceleb import Utterance, is_test_identity, utterance_of
from headcast.errors import DataError

PHOTO_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
ANNOTATION_SUFFIX: Final = ".txt"

_HELD_OUT_EVERY: Final = 10  # one person in ten judges, where nothing says who


@dataclass(frozen=True)
class SourceClip:
    """One clip or photo to prepare; `name` is its path inside the source, and tells it from all others."""

    name: str
    media: Location
    identity: str
    video: str
    split: str = "train"
    tier: str = ""
    annotation: Location | None = None
    is_whole_video: bool = False  # of which the annotation names a part

    @property
    def key(self) -> str:
        """A name that is unique and safe anywhere."""
        readable = re.sub(r"[^A-Za-z0-9_-]+", "-", re.sub(r"\.\w+(?=#|$)", "", self.name))[-48:].strip("-")
        return f"{readable}-{hashlib.sha256(os.fsencode(self.name)).hexdigest()[:10]}"

    @property
    def is_photo(self) -> bool:
        """Tell a photo from a video, by its name."""
        return self.name.lower().endswith(PHOTO_SUFFIXES)


def find_sources(source: Path, list_path: Path | None = None) -> list[SourceClip]:
    """List what there is to prepare; DataError where that is nothing, or contradicts itself.

    A list (CSV with the columns `file` and `identity`, and perhaps `split` and `tier`) chooses and names; without one,
    files that lie as in VoxCeleb are VoxCeleb's, and others belong to the person their name or folder names.
    """
    files = list_files(source, (*SUFFIXES, *PHOTO_SUFFIXES, ANNOTATION_SUFFIX))
    annotations = {name: files.pop(name) for name in list(files) if name.endswith(ANNOTATION_SUFFIX)}
    if list_path is not None:
        clips = _listed(files, list_path)
    else:
        clips = list(_voxceleb(files, annotations)) or [_plain(name, media) for name, media in files.items()]
        clips = _split(clips)
    if not clips:
        raise DataError(f"no clips in {source}; expected files ending in {', '.join((*SUFFIXES, *PHOTO_SUFFIXES))}")
    _check_splits(clips)
    return sorted(clips, key=lambda clip: clip.name)


def identity_of(name: str) -> str:
    """The person a file belongs to: its first folder's name, else its own up to the first underscore."""
    parts = name.split("/")
    return parts[0] if len(parts) > 1 else parts[0].rsplit(".", 1)[0].split("_")[0]


def _plain(name: str, media: Location) -> SourceClip:
    return SourceClip(name, media, identity_of(name), name)


def _voxceleb(files: Mapping[str, Location], annotations: Mapping[str, Location]) -> Iterable[SourceClip]:
    """The clips that lie as released, and what the annotations say can be cut from original videos."""
    boxes = {utterance: place for name, place in annotations.items() if (utterance := utterance_of(name))}
    released: set[Utterance] = set()
    for name, media in files.items():
        if utterance := utterance_of(name):
            released.add(utterance)
            yield _spoken(name, media, utterance, boxes.get(utterance))
    originals = {name.rsplit("/", 1)[-1].rsplit(".", 1)[0]: name for name in files if not utterance_of(name)}
    for utterance in boxes.keys() - released:
        if original := originals.get(utterance.video):
            name = f"{original}#{utterance.identity}/{utterance.clip}"
            yield replace(_spoken(name, files[original], utterance, boxes[utterance]), is_whole_video=True)


def _spoken(name: str, media: Location, utterance: Utterance, annotation: Location | None) -> SourceClip:
    video = f"{utterance.identity}/{utterance.video}"
    split = "val" if is_test_identity(utterance.identity) else "train"
    return SourceClip(name, media, utterance.identity, video, split, annotation=annotation)


def _listed(files: Mapping[str, Location], list_path: Path) -> list[SourceClip]:
    rows = read_list(list_path)
    clips = []
    for row in rows:
        name, split = row["file"], row.get("split") or "train"
        if name not in files:
            raise DataError(f"{name!r:.80} is listed in {list_path} but is no clip of the source; fix the list")
        if split not in SPLITS:
            raise DataError(f"{list_path} gives {name} the split {split!r:.20}; expected one of {', '.join(SPLITS)}")
        clips.append(SourceClip(name, files[name], row["identity"], name, split, row.get("tier") or ""))
    if len({clip.name for clip in clips}) < len(clips):
        raise DataError(f"{list_path} lists a file twice; fix the list")
    return clips if "split" in rows[0] else _split(clips)


def _split(clips: list[SourceClip]) -> list[SourceClip]:
    """Hold out one person in ten, unless some are held out already or there is one person only."""
    people = sorted({clip.identity for clip in clips})
    if len(people) < 2 or len({clip.split for clip in clips}) > 1:
        return clips
    held_out = set(people[::_HELD_OUT_EVERY])
    return [replace(clip, split="val" if clip.identity in held_out else "train") for clip in clips]


def _check_splits(clips: list[SourceClip]) -> None:
    splits: dict[str, str] = {}
    for clip in clips:
        if splits.setdefault(clip.identity, clip.split) != clip.split:
            raise DataError(
                f"{clip.identity} is in the splits {splits[clip.identity]} and {clip.split}; keep each person in one"
            )
