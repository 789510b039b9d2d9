"""A tracked clip in, shots and targets that lie far apart in pose and expression out.

In small motion nobody sees where a picture was put together, so calm pairs would hide it.
"""

from collections.abc import Sequence
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


def plan_far_pairs(clip: JudgedClip, count: int, num_shots: int, seed: int) -> list[FarPair]:
    """Draw up to `count` pairs of a clip, no target twice; fewer where the clip has no more.

    The first half starts from the clip's most frontal frame, as most photos are, the rest from any. The further shots
    are far from the target too.
    """
    far = FarFrames(clip)
    random = np.random.default_rng([seed, crc32(clip.name.encode())])
    pairs: list[FarPair] = []
    for number in range(count):
        first = far.frontal if number < count / 2 else int(random.integers(len(clip)))
        free = np.setdiff1d(far.far_from(first), [pair.target for pair in pairs])
        if free.size:
            target = int(random.choice(free))
            more = far.more_shots((first, target), num_shots - 1, seed)
            pairs.append(FarPair((first, *more), target))
    return pairs


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

    def more_shots(self, pair: tuple[int, int], count: int, seed: int, apart_from: Sequence[int] = ()) -> list[int]:
        """Draw up to `count` further shots for a `pair` (shot, target): far from the target, not the shot itself.

        None lies within half a second of the frames `apart_from`.
        """
        shot, target = pair
        taken = np.array(apart_from, np.intp)
        free = [
            number
            for number in self.far_from(target).tolist()
            if number != shot and not (np.abs(taken - number) < self._apart).any()
        ]
        random = np.random.default_rng([seed, self._random_seed, target])
        return [int(number) for number in random.permutation(np.array(free, np.intp))[:count]]
