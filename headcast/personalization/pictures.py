"""Photos, a folder of them or a video of one person in, sitters out: the one that will be shown first.

What the photo coach would leave out is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from headcast.errors import FaceError, HeadcastError, MediaError
from headcast.geometry.pose import fit_pose, measure_controls, neutral_controls, remove_pose
from headcast.geometry.spreads import expression_distance, turn_distance
from headcast.limits import MAX_PHOTO_SIDE, MAX_SHOTS
from headcast.media.images import reduced
from headcast.media.video import open_video
from headcast.personalization.coach import LEAVE_OUT, advise
from headcast.personalization.photo_features import measure_photo
from headcast.reenact.driving import PHOTO_SUFFIXES
from headcast.reenact.sitter import Sitter, load_sitter, make_sitter
from headcast.types import Landmarks

VIDEO_SHOTS: Final = 8


@dataclass(frozen=True)
class Pictures:
    """The pictures of one person, and one line about each picture that is not used."""

    sitters: tuple[Sitter, ...]
    files: tuple[Path, ...]  # that they came from
    dropped: tuple[str, ...]


def load_pictures(sources: Sequence[Path], size: int) -> Pictures:
    """Find the largest face in each picture and cut it to `size` pixels; at most 32 pictures, evenly chosen.

    Pictures that would do harm (blurred, of another person, the same twice) are dropped, never all. Of a folder or a
    video the most neutral picture comes first, of named photos the first. A HeadcastError names what is wrong where a
    named photo, or every picture of a folder or video, has no usable face.
    """
    if not sources:
        raise ValueError("sources must name at least one photo, folder or video")
    if len(sources) == 1 and sources[0].is_dir():
        return _from_folder(sources[0], size)
    if len(sources) == 1 and sources[0].suffix.lower() not in PHOTO_SUFFIXES:
        return _from_video(sources[0], size)
    if len(sources) > MAX_SHOTS:
        raise MediaError(f"{len(sources)} photos were given, at most {MAX_SHOTS} are used; leave the weakest out")
    found = [_Found(load_sitter(path, size=size), path, str(path)) for path in sources]
    return _pictures(*_without_harmful(found), [])


def photo_paths(folder: Path) -> list[Path]:
    """Return the photos of a folder, sorted by name; MediaError if there is none."""
    if not folder.is_dir():
        raise MediaError(f"{folder} is no folder; give a folder of photos of one person")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    if not paths:
        raise MediaError(f"no photo in {folder}; expected names that end in {', '.join(PHOTO_SUFFIXES)}")
    return paths


def distance_from_rest(landmarks: Landmarks) -> float:
    """How far a face is from looking straight ahead with its mouth closed and its eyes open, in spreads."""
    pose = fit_pose(landmarks)
    controls = measure_controls(remove_pose(landmarks, pose))
    rest = neutral_controls(controls)
    rest[0] = 0.0
    return float(turn_distance(pose.rotation, np.eye(3)) + expression_distance(controls, rest))


@dataclass(frozen=True)
class _Found:
    """A picture with a face, the file that it came from and what to call it."""

    sitter: Sitter
    file: Path
    name: str


def _from_folder(folder: Path, size: int) -> Pictures:
    paths = photo_paths(folder)
    found: list[_Found] = []
    dropped: list[str] = []
    for path in paths:
        try:
            found.append(_Found(load_sitter(path, size=size), path, str(path)))
        except HeadcastError as error:
            dropped.append(str(error))
    if not found:
        raise FaceError(f"none of the {len(paths)} photos in {folder} can be used; the first: {dropped[0]}")
    found, harmful = _without_harmful(found)
    chosen = _spread(len(found), MAX_SHOTS)
    spare = [
        f"{found[n].name} is left out: {MAX_SHOTS} photos are enough" for n in range(len(found)) if n not in chosen
    ]
    return _pictures(_neutral_first([found[n] for n in sorted(chosen)]), harmful, [*dropped, *spare])


def _from_video(path: Path, size: int) -> Pictures:
    found: list[_Found] = []
    dropped: list[str] = []
    with open_video(path) as video:
        wanted = _spread(video.num_frames, VIDEO_SHOTS)
        for number, frame in enumerate(video):
            if number not in wanted:
                continue
            name = f"{path} at {float(frame.time):.2f} s"
            try:
                found.append(
                    _Found(make_sitter(reduced(frame.image, MAX_PHOTO_SIDE), name=name, size=size), path, name)
                )
            except FaceError as error:
                dropped.append(str(error))
    if not found:
        raise FaceError(f"no face in any of {len(dropped)} frames of {path}; use a video in which the face is seen")
    found, harmful = _without_harmful(found)
    return _pictures(_neutral_first(found), harmful, dropped)


def _without_harmful(found: list[_Found]) -> tuple[list[_Found], list[str]]:
    """Return the pictures that the photo coach keeps, and a line about each other one."""
    advice = advise([measure_photo(one.sitter) for one in found], [one.name for one in found])
    judged = list(zip(found, advice, strict=True))
    return (
        [one for one, its in judged if its.verdict != LEAVE_OUT],
        [f"{one.name} is left out: {its.reason}" for one, its in judged if its.verdict == LEAVE_OUT],
    )


def _neutral_first(found: list[_Found]) -> list[_Found]:
    return sorted(found, key=lambda one: distance_from_rest(one.sitter.shot.landmarks))


def _pictures(found: list[_Found], harmful: list[str], dropped: list[str]) -> Pictures:
    files = tuple(dict.fromkeys(one.file for one in found))
    return Pictures(tuple(one.sitter for one in found), files, (*dropped, *harmful))


def _spread(count: int, most: int) -> set[int]:
    """At most `most` of `count` numbers, evenly spread."""
    return set(np.linspace(0, max(count - 1, 0), min(count, most)).round().astype(int).tolist())
