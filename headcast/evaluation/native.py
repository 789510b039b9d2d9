"""A tracked clip in, the same as it is judged out: as it is kept, or with its video's own resolution."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headcast.data.clips import Clip
from headcast.data.cut import FRAME_SIZE
from headcast.data.episodes import resize_landmarks
from headcast.data.native import native_shots, native_side
from headcast.errors import DataError
from headcast.evaluation.protocol import JudgedClip, Settings, Split
from headcast.types import Shot


@dataclass(frozen=True)
class NativeClip:
    """A clip of which some frames are at hand, as `shots` by their number, as large as the video shows them.

    `landmarks` (N, 478, 3) of all frames are in pixels of the large ones.
    """

    name: str
    identity: str
    cache_path: Path
    landmarks: NDArray[np.float32]
    rate: Fraction
    shots: Mapping[int, Shot]

    def __len__(self) -> int:
        return len(self.landmarks)

    def shot(self, number: int) -> Shot:
        """Return frame `number`, one of those at hand, with its landmarks and the person's matte."""
        return self.shots[number]


def shown_clip(clip: JudgedClip, split: Split, settings: Settings) -> JudgedClip:
    """Return the clip in the size that it is judged in, with at least the frames of its split."""
    return at_native_size(clip, {*split.shots, *split.made}) if settings.native else clip


def at_native_size(clip: JudgedClip, numbers: Collection[int]) -> NativeClip:
    """Read the frames `numbers` of a clip at its video's own size; DataError for what is no video any more."""
    if not isinstance(clip, Clip):
        raise DataError(
            f"{clip.name} is kept at {FRAME_SIZE} pixels; --size native needs the clips, not shards of them"
        )
    landmarks = np.stack([resize_landmarks(face, FRAME_SIZE, native_side(clip)) for face in clip.landmarks])
    shots = native_shots(clip, numbers)
    return NativeClip(clip.name, clip.identity, clip.cache_path, landmarks, clip.rate, shots)
