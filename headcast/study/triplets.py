"""Clips of one person in, triplets out: which two frames are shown as they are, and which is made again from a shot.

As in the paper's user study the three moments come from three clips. A person with fewer clips gives moments that lie
far apart in them: no picture should stand out because the other two are alike.

At distance "far" the generated moment lies far from its shots in pose and expression, and so do the real ones where the
clips allow it: no picture should stand out as the only lively one either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.far import FarFrames
from headcast.evaluation.protocol import JudgedClip, split_clip

ANY: Final = "any"
FAR: Final = "far"
DISTANCES: Final = (ANY, FAR)
"""How far shot and generated moment lie apart: as the evaluation draws them, or far in pose and expression."""

APART: Final = 0.2
"""Share of a clip that lies at least between the moments of one triplet, and between them and its shot."""


@dataclass(frozen=True)
class Moment:
    """One frame: the place of its clip among the person's, and its number in the clip."""

    clip: int
    number: int


@dataclass(frozen=True)
class Triplet:
    """Two moments to show as they are, and one that is generated out of `shots`, moments of the same clip."""

    real: tuple[Moment, Moment]
    generated: Moment
    shots: tuple[Moment, ...]


@dataclass(frozen=True)
class _Source:
    """What one clip gives: its shots (numbers), the first warped, the moments to make, and lively ones to show."""

    shots: tuple[int, ...]
    targets: NDArray[np.intp]
    lively: NDArray[np.bool_]
    far: FarFrames | None


def plan_triplets(
    clips: Sequence[JudgedClip], count: int, seed: int, *, num_shots: int = 1, distance: str = ANY
) -> list[Triplet]:
    """Draw up to `count` triplets of one person, fewer where the clips hold no more; no frame is shown twice.

    At distance "any" shots and generated moment are those of the evaluation: the most frontal frame of a clip's first
    part and others of it, and a held-out frame of its last. At distance "far" they are the most frontal frame of the
    whole clip and a moment far from it; further shots lie far from the moment, and apart from the real pictures.
    Raises DataError when a clip is too short for that.
    """
    if not clips:
        raise ValueError("clips must hold at least one clip")
    random = np.random.default_rng(seed)
    sources = [_source(clip, num_shots, distance, seed) for clip in clips]
    free = [np.ones(len(clip.landmarks), np.bool_) for clip in clips]
    triplets: list[Triplet] = []
    while len(triplets) < count:
        made, *shown = np.resize(random.permutation(len(clips)), 3).tolist()
        source = sources[made]
        numbers = random.permutation(source.targets).tolist()
        targets = [Moment(made, number) for number in numbers if free[made][number]]
        shots = tuple(Moment(made, number) for number in source.shots)
        lively = [each & clip.lively for each, clip in zip(free, sources, strict=True)]
        found = next(chain(*(_around(targets, shots, shown, pool, random) for pool in (lively, free))), None)
        if found is None:
            break
        triplet = _with_far_shots(found, source.far, num_shots, seed)
        for moment in (*triplet.real, triplet.generated):
            free[moment.clip][moment.number] = False
        triplets.append(triplet)
    return triplets


def _source(clip: JudgedClip, num_shots: int, distance: str, seed: int) -> _Source:
    split = split_clip(clip, num_shots, seed)  # raises where the clip is too short
    lively = np.ones(len(clip.landmarks), np.bool_)
    if distance == ANY:
        return _Source(split.shots, np.array(split.targets), lively, None)
    far = FarFrames(clip)
    targets = far.far_from(far.frontal)
    lively[:] = False
    lively[targets] = True
    return _Source((far.frontal,), targets, lively, far)


def _with_far_shots(triplet: Triplet, far: FarFrames | None, num_shots: int, seed: int) -> Triplet:
    if far is None:
        return triplet
    made = triplet.generated.clip
    shown = [moment.number for moment in triplet.real if moment.clip == made]
    pair = triplet.shots[0].number, triplet.generated.number
    more = far.more_shots(pair, num_shots - 1, seed, apart_from=shown)
    return replace(triplet, shots=(*triplet.shots, *(Moment(made, number) for number in more)))


def _around(
    targets: Sequence[Moment],
    shots: Sequence[Moment],
    shown: Sequence[int],
    free: Sequence[NDArray[np.bool_]],
    random: np.random.Generator,
) -> Iterator[Triplet]:
    """Yield triplets of each target with free moments of the two clips `shown`, drawn at random.

    The real moments lie apart from the first shot, which is seen in the picture, and differ from all of them.
    """
    taken = [each.copy() for each in free]
    for shot in shots:
        taken[shot.clip][shot.number] = False
    for target in targets:
        firsts = _far_moments(shown[0], taken, (shots[0], target))
        for first in random.permutation(firsts).tolist():
            real = Moment(shown[0], first)
            seconds = _far_moments(shown[1], taken, (shots[0], target, real))
            if seconds.size:
                yield Triplet((real, Moment(shown[1], int(random.choice(seconds)))), target, tuple(shots))


def _far_moments(clip: int, free: Sequence[NDArray[np.bool_]], taken: Sequence[Moment]) -> NDArray[np.intp]:
    """Return the free frames of a clip that lie far enough from the moments taken."""
    far = free[clip].copy()
    gap = int(np.ceil(APART * len(far)))
    for number in (moment.number for moment in taken if moment.clip == clip):
        far[max(0, number - gap + 1) : number + gap] = False
    return np.flatnonzero(far)
