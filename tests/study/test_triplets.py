from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.evaluation.protocol import split_clip
from headcast.geometry.pose import Pose, apply_pose, face_model, rotation_matrix
from headcast.study.triplets import plan_triplets


@dataclass(frozen=True)
class StillClip:
    """A face that does not move."""

    name: str
    num_frames: int
    identity: str = "anna"
    rate: Fraction = Fraction(25)

    def __len__(self) -> int:
        return self.num_frames

    @property
    def landmarks(self) -> NDArray[np.float32]:
        return np.repeat(50 * face_model().mean[None].astype(np.float32), self.num_frames, 0)


class TurningClip(StillClip):
    """A face that turns aside at an even pace."""

    @property
    def landmarks(self) -> NDArray[np.float32]:
        turns = [rotation_matrix(np.array([0, angle, 0])) for angle in np.linspace(0, 0.6, self.num_frames)]
        face = face_model().mean
        return np.stack([apply_pose(face, Pose(turn, 50.0, np.zeros(3))) for turn in turns]).astype(np.float32)


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
        pairs = combinations([*moments(triplet), triplet.shots[0]], 2)
        assert all(one.clip != other.clip or abs(one.number - other.number) >= 12 for one, other in pairs)
        used = [moment.clip for moment in moments(triplet)]
        assert sorted(map(used.count, range(num_clips))) == [[3], [1, 2]][num_clips - 1]


def test_shot_and_generated_moment_are_those_of_the_evaluation():
    clip = StillClip("anna_0", 60)
    split = split_clip(clip, 1, seed=3)
    for triplet in plan_triplets([clip], 5, seed=3):
        assert [shot.number for shot in triplet.shots] == list(
            split.shots
        ) and triplet.generated.number in split.targets


def test_far_moments_lie_far_from_the_shots_in_pose():
    clip = TurningClip("anna_0", 150)
    triplets = plan_triplets([clip], 6, seed=2, num_shots=4, distance="far")
    assert len(triplets) == 6
    for triplet in triplets:
        first, *more = (shot.number for shot in triplet.shots)
        target = triplet.generated.number
        assert first == 0 and target >= 100 and len(more) == 3
        assert all(number < 66 for number in more)  # the far third, seen from the target
        assert all(abs(number - real.number) >= 12 for number in more for real in triplet.real)


def test_real_moments_are_as_lively_as_the_generated_one_where_there_are_clips_enough():
    clips = [TurningClip(f"anna_{number}", 60) for number in range(3)]
    for triplet in plan_triplets(clips, 5, seed=0, distance="far"):
        assert all(moment.number >= 40 for moment in moments(triplet))


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
