"""A folder of raw clips or of shards in, the clips that can be judged out, each with a name that its records bear."""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from headcast.data.clips import Clip, ClipFile, find_clips, load_clip
from headcast.data.manifest import is_shards
from headcast.data.shards import load_all
from headcast.errors import DataError, HeadcastError
from headcast.evaluation.native import NativeClip
from headcast.evaluation.protocol import JudgedClip, split_clip

DEFAULT_SPLIT = "val"


def judged_clips(
    folder: Path, list_path: Path | None = None, split: str | None = None, limit: int | None = None
) -> tuple[list[JudgedClip], list[str]]:
    """Return the clips of a folder that can be judged, tracked now or taken from the cache, and why others cannot.

    Shards (of `headcast prepare`) are read as they are, the split "val" unless another is asked for. Raises DataError
    when no clip can be judged.
    """
    if is_shards(folder):
        if list_path is not None:
            raise DataError(f"{folder} holds shards, which know their people and splits; leave out --list")
        prepared = load_all(folder, split or DEFAULT_SPLIT)
        moving = [clip for clip in prepared if len(clip) > 1]
        num_stills = len(prepared) - len(moving)
        return usable_clips(moving[:limit], [f"stills of {folder} left out: {num_stills}"] if num_stills else [])
    return _loaded(find_clips(folder, list_path, split)[:limit])


def clip_key(clip: JudgedClip) -> str:
    """Return a file name for what is kept about a clip, unlike that of any other clip."""
    return clip.cache_path.stem if isinstance(clip, Clip | NativeClip) else clip.name


def usable_clips(clips: Sequence[JudgedClip], left_out: Sequence[str] = ()) -> tuple[list[JudgedClip], list[str]]:
    """Return the clips that are long enough, and a line for each of the others after those of `left_out`."""
    usable, lines = [], list(left_out)
    for clip in clips:
        try:
            split_clip(clip, 1, seed=0)
            usable.append(clip)
        except HeadcastError as error:
            lines.append(str(error))
    if not usable:
        raise DataError(f"no clip can be judged; the first: {lines[0] if lines else 'there is none'}")
    return usable, lines


def _loaded(files: Sequence[ClipFile]) -> tuple[list[JudgedClip], list[str]]:
    clips, left_out = [], []
    for file in tqdm(files, unit="clip", desc="tracking", disable=None):
        try:
            clips.append(load_clip(file))
        except HeadcastError as error:
            left_out.append(str(error))
    return usable_clips(clips, left_out)
