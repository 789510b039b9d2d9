"""Clips in, a folder of shots and driving frames for methods outside of Headcast out; the frames they make, back in."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from headcast.errors import DataError
from headcast.evaluation.native import shown_clip
from headcast.evaluation.protocol import JudgedClip, Settings, Split, split_clip
from headcast.media.images import read_image, write_image
from headcast.types import Image

SHOTS: Final = "shots"
DRIVING: Final = "driving"


def export_protocol(clips: Sequence[JudgedClip], folder: Path, settings: Settings) -> int:
    """Write each clip's shots and driving frames under `folder`/T<shots>/<clip>; returns how many clips.

    Shots are numbered from 0000, the most frontal first; driving frames bear their number in the clip. Raises DataError
    where two clips have one name.
    """
    names = [clip.name for clip in clips]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"two clips have the name {twice[0]}, and frames are kept by name; rename one")
    for clip in clips:
        for count in settings.num_shots:
            split = split_clip(clip, count, settings.seed, settings.num_targets)
            shown, own = shown_clip(clip, split, settings), clip_folder(folder, clip, count)
            _write(shown, dict(enumerate(split.shots)), own / SHOTS)
            _write(shown, {number: number for number in split.made}, own / DRIVING)
    return len(clips)


def clip_folder(folder: Path, clip: JudgedClip, num_shots: int) -> Path:
    """Return where the frames of one clip are, made from so many shots."""
    return folder / f"T{num_shots}" / clip.name


class OutsideFrames:
    """Reads what an outside method made of a clip; DataError where a frame is missing or of another size."""

    facts: Mapping[str, Any] = {}

    def __init__(self, name: str, folder: Path, clip: JudgedClip, split: Split, num_shots: int) -> None:
        self.main = name
        self._folder = clip_folder(folder, clip, num_shots)
        self._shape = clip.shot(split.shots[0]).image.shape
        numbers = split.made
        missing = [number for number in numbers if not self._path(number).is_file()]
        if missing:
            raise DataError(
                f"{self._folder} lacks {len(missing)} of {len(numbers)} frames of {name}, the first "
                f"{self._path(missing[0]).name}; make them from the folder that --export-protocol writes"
            )

    def __call__(self, number: int) -> dict[str, Image]:
        """Return the method's form of frame `number`."""
        image = read_image(self._path(number))
        if image.shape != self._shape:
            height, width = self._shape[:2]
            raise DataError(
                f"{self._path(number)} has {image.shape[1]}x{image.shape[0]} pixels; expected {width}x{height}, "
                "the size of the driving frames"
            )
        return {self.main: image}

    def _path(self, number: int) -> Path:
        return self._folder / _file_name(number)


def frames_fingerprint(folder: Path) -> str:
    """Return a word that changes when a frame in the folder does, so that changed frames are judged again."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.png")):
        status = path.stat()
        digest.update(f"{path.relative_to(folder).as_posix()} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:8]


def _write(clip: JudgedClip, numbers: Mapping[int, int], folder: Path) -> None:
    """Write frames under other numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, number in numbers.items():
        write_image(folder / _file_name(place), clip.shot(number).image, {})


def _file_name(number: int) -> str:
    return f"{number:04}.png"
