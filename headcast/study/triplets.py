"""Clips of one person in, triplets out: which two frames are shown as they are, and which is made again from a shot.

As in the paper's user study the three moments come from three clips. A person with fewer clips gives moments that lie
far apart in them: no picture should stand out because the other two are alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.protocol import TrackedClip, split_clip

APART: Final = 0.2
"""Share of a clip that lies at least between the moments of one triplet, and between them and its shot."""


@dataclass(frozen=True)
class Moment:
    """One frame: the place of its clip among the person's, and its number in the clip."""

    clip: int
    number: int


@dataclass(frozen=True)
class Triplet:
    """Two moments to show as they are, and one that is generated out of `shot`, a moment of the same clip."""

    real: tuple[Moment, Moment]
    generated: Moment
    shot: Moment


def plan_triplets(clips: Sequence[TrackedClip], count: int, seed: int) -> list[Triplet]:
    """Draw up to `count` triplets of one person, fewer where the clips hold no more; no frame is shown twice.

    Shot and generated moment are those of the evaluation: the most frontal frame of a clip's first part, and a
    held-out frame of its last. Raises DataError when a clip is too short for that.
    """
    if not clips:
        raise ValueError("clips must hold at least one clip")
    random = np.random.default_rng(seed)
    splits = [split_clip(clip, 1, seed) for clip in clips]
    free = [np.ones(len(clip.landmarks), np.bool_) for clip in clips]
    triplets: list[Triplet] = []
    while len(triplets) < count:
        made, *shown = np.resize(random.permutation(len(clips)), 3).tolist()
        numbers = random.permutation(splits[made].targets).tolist()
        targets = [Moment(made, number) for number in numbers if free[made][number]]
        triplet = next(_around(targets, Moment(made, splits[made].shots[0]), shown, free, random), None)
        if triplet is None:
            break
        for moment in (*triplet.real, triplet.generated):
            free[moment.clip][moment.number] = False
        triplets.append(triplet)
    return triplets


def _around(
    targets: Sequence[Moment],
    shot: Moment,
    shown: Sequence[int],
    free: Sequence[NDArray[np.bool_]],
    random: np.random.Generator,
) -> Iterator[Triplet]:
    """Yield triplets of each target with free moments of the two clips `shown`, drawn at random."""
    for target in targets:
        firsts = _far_moments(shown[0], free, (shot, target))
        for first in random.permutation(firsts).tolist():
            real = Moment(shown[0], first)
            seconds = _far_moments(shown[1], free, (shot, target, real))
            if seconds.size:
                yield Triplet((real, Moment(shown[1], int(random.choice(seconds)))), target, shot)


def _far_moments(clip: int, free: Sequence[NDArray[np.bool_]], taken: Sequence[Moment]) -> NDArray[np.intp]:
    """Return the free frames of a clip that lie far enough from the moments taken."""
    far = free[clip].copy()
    gap = int(np.ceil(APART * len(far)))
    for number in (moment.number for moment in taken if moment.clip == clip):
        far[max(0, number - gap + 1) : number + gap] = False
    return np.flatnonzero(far)
