"""A folder of shards in, clips to draw episodes from out: all at once, or for ever in a shuffled order."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headcast.data.manifest import Manifest, Shard, read_manifest
from headcast.data.tar import EncodedClip, decode_frame, decode_matte, read_clips
from headcast.errors import DataError
from headcast.types import Image, Shot

__all__ = ["ShardClip", "ShardClips", "load_all", "read_manifest"]


@dataclass(frozen=True)
class ShardClip:
    """A prepared clip; its frames stay JPEG files in memory and are decoded when asked for.

    `landmarks` (N, 478, 3) are in pixels of the 256-pixel frames; `rate` is in frames a second; `video_index` is the
    row of the clip's video among the video embeddings of its split.
    """

    name: str
    identity: str
    video_index: int
    landmarks: NDArray[np.float32]
    rate: Fraction
    frames: tuple[bytes, ...]
    mattes: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.landmarks)

    def image(self, number: int) -> Image:
        """Return frame `number` without its matte."""
        return decode_frame(self.frames[number])

    def shot(self, number: int) -> Shot:
        """Return frame `number` with its landmarks and the person's matte."""
        matte = decode_matte(self.mattes[number]).astype(np.float32) / np.float32(255)
        return Shot(self.image(number), self.landmarks[number], matte)


class ShardClips:
    """Clips of one split, for ever: shards in a new order each time round, the clips of each shuffled.

    Of `world_size` readers each sees other clips; all of them together see every clip once a round. The same seed
    gives the same order. Iterating reads one shard at a time.
    """

    def __init__(self, folder: Path, split: str, *, seed: int = 0, rank: int = 0, world_size: int = 1) -> None:
        if not 0 <= rank < world_size:
            raise ValueError(f"rank must lie from 0 to world_size - 1 = {world_size - 1}, not {rank}")
        manifest = read_manifest(folder)
        self._folder = folder
        self._shards = manifest.shards_of(split)
        self._rows = _rows(manifest, split)
        self._seed, self._rank, self._world_size = seed, rank, world_size
        self.identities = manifest.identities[split]

    @property
    def num_videos(self) -> int:
        """Distinct videos in the whole split, the number of video embeddings."""
        return len(self._rows)

    def __iter__(self) -> Iterator[ShardClip]:
        return self.clips_from(0)

    def clips_from(self, first: int) -> Iterator[ShardClip]:
        """Go on after the `first` clips of this reader: shards that hold only clips before are not read again."""
        for round_number in count():
            random = np.random.default_rng([self._seed, round_number])
            position = round_number  # so that of more readers than clips none waits for ever
            for number in random.permutation(len(self._shards)):
                shard = self._shards[number]
                order = random.permutation(shard.num_clips)
                mine = [int(place) for place in order if (position + place) % self._world_size == self._rank]
                position += shard.num_clips
                yield from self._chosen(shard, mine[first:])
                first = max(0, first - len(mine))

    def _chosen(self, shard: Shard, places: list[int]) -> Iterator[ShardClip]:
        """The clips at some places of one shard, in the order of the places."""
        if not places:
            return
        wanted = set(places)
        clips = {place: clip for place, clip in enumerate(read_clips(self._folder / shard.file)) if place in wanted}
        if len(clips) != len(wanted):
            raise DataError(
                f"{self._folder / shard.file} holds fewer clips than the manifest says; run `headcast data check`"
            )
        for place in places:
            yield _shard_clip(clips[place], self._rows, self._folder)


def load_all(folder: Path, split: str) -> list[ShardClip]:
    """Return all clips of a split, in order, for data sets whose JPEG files fit in memory."""
    manifest = read_manifest(folder)
    rows = _rows(manifest, split)
    return [
        _shard_clip(clip, rows, folder)
        for shard in manifest.shards_of(split)
        for clip in read_clips(folder / shard.file)
    ]


def _rows(manifest: Manifest, split: str) -> dict[str, int]:
    manifest.shards_of(split)  # a split without clips ends here, in one line
    return {video: row for row, video in enumerate(manifest.videos[split])}


def _shard_clip(clip: EncodedClip, rows: dict[str, int], folder: Path) -> ShardClip:
    notes = clip.notes
    if notes.video not in rows:
        raise DataError(f"the manifest of {folder} does not know the video {notes.video!r:.60}; prepare it again")
    return ShardClip(
        clip.key, notes.identity, rows[notes.video], clip.landmarks, Fraction(notes.rate), clip.frames, clip.mattes
    )
