"""A tracked clip in, shots and targets that lie far apart in pose and expression out.

In small motion nobody sees where a picture was put together, so calm pairs would hide it.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from headcast.data.episodes import MIN_SECONDS_APART, FrameDistances
from headcast.evaluation.protocol import JudgedClip, frontality

FAR_SHARE: Final = 1 / 3
"""Share of the frames, those that are farthest in pose and expression, that count as far from a frame."""


@dataclass(frozen=True)
class FarPair:
    """Frame numbers of one clip: the shots, the first of which is warped, and a target far from all of them."""

    shots: tuple[int, ...]
    target: int


class FarFrames:
    """Knows which frames of one clip lie far apart: the far third, and never within half a second."""

    def __init__(self, clip: JudgedClip) -> None:
        self._distances = FrameDistances(clip)
        self._numbers = np.arange(len(clip.landmarks))
        self._apart = ceil(MIN_SECONDS_APART * clip.rate)
        self._random_seed = crc32(clip.name.encode())
        self.frontal = int(np.argmax([frontality(landmarks) for landmarks in clip.landmarks]))

    def far_from(self, number: int) -> NDArray[np.intp]:
        """Return the frames far from one, the farthest first; none where the clip is shorter than half a second."""
        allowed = self._numbers[np.abs(self._numbers - number) >= self._apart]
        expression, turn = self._distances.changes_from(number)
        distance = (expression + turn)[allowed]
        count = int(np.ceil(FAR_SHARE * len(allowed)))
        return np.asarray(allowed[np.argsort(-distance, kind="stable")[:count]])

    def more_shots(self, target: int, count: int, without: NDArray[np.intp], seed: int) -> list[int]:
        """Draw up to `count` shots far from the target, none within half a second of the frames `without`."""
        far = self.far_from(target)
        free = [number for number in far if not (np.abs(without - number) < self._apart).any()]
        random = np.random.default_rng([seed, self._random_seed, target])
        return [int(number) for number in random.permutation(np.array(free, np.intp))[:count]]
