from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.evaluation.protocol import split_clip
from headcast.geometry.pose import face_model
from headcast.study.triplets import plan_triplets


@dataclass(frozen=True)
class StillClip:
    """A face that does not move."""

    name: str
    num_frames: int

    @property
    def landmarks(self) -> NDArray[np.float32]:
        return np.repeat(50 * face_model().mean[None].astype(np.float32), self.num_frames, 0)


def moments(triplet):
    return [triplet.generated, *triplet.real]


@pytest.mark.parametrize("num_clips", [3, 5])
def test_three_moments_come_from_three_clips(num_clips):
    clips = [StillClip(f"anna_{number}", 40) for number in range(num_clips)]
    triplets = plan_triplets(clips, 12, seed=0)
    assert len(triplets) == 12
    assert all(len({moment.clip for moment in moments(triplet)}) == 3 for triplet in triplets)
    assert {triplet.generated.clip for triplet in triplets} == set(range(num_clips))


@pytest.mark.parametrize("num_clips", [1, 2])
def test_moments_of_one_clip_and_their_shot_lie_a_fifth_of_it_apart(num_clips):
    clips = [StillClip(f"anna_{number}", 60) for number in range(num_clips)]
    for triplet in plan_triplets(clips, 8, seed=1):
        pairs = combinations([*moments(triplet), triplet.shot], 2)
        assert all(one.clip != other.clip or abs(one.number - other.number) >= 12 for one, other in pairs)
        used = [moment.clip for moment in moments(triplet)]
        assert sorted(map(used.count, range(num_clips))) == [[3], [1, 2]][num_clips - 1]


def test_shot_and_generated_moment_are_those_of_the_evaluation():
    clip = StillClip("anna_0", 60)
    split = split_clip(clip, 1, seed=3)
    for triplet in plan_triplets([clip], 5, seed=3):
        assert triplet.shot.number == split.shots[0] and triplet.generated.number in split.targets


def test_no_frame_is_shown_twice_and_what_a_clip_cannot_give_is_not_given():
    triplets = plan_triplets([StillClip("anna_0", 40)], 1000, seed=0)
    assert 5 < len(triplets) <= 18  # held-out frames, each shown once
    shown = [moment for triplet in triplets for moment in moments(triplet)]
    assert len(set(shown)) == len(shown)


def test_the_shortest_clip_that_the_protocol_takes_gives_a_triplet():
    assert len(plan_triplets([StillClip("anna_0", 5)], 1, seed=0)) == 1


def test_the_seed_decides():
    clips = [StillClip("anna_0", 60)]
    assert plan_triplets(clips, 4, seed=0) == plan_triplets(clips, 4, seed=0) != plan_triplets(clips, 4, seed=1)


def test_too_short_clips_and_none_are_refused():
    with pytest.raises(DataError, match=r"clip anna_0 has 4 frames, .* use a longer clip"):
        plan_triplets([StillClip("anna_0", 4)], 1, seed=0)
    with pytest.raises(ValueError, match="at least one clip"):
        plan_triplets([], 1, seed=0)
