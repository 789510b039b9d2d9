"""Far frames of clips whose distances are known."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from headcast.evaluation.far import FarFrames, plan_far_pairs
from headcast.geometry.pose import Pose, apply_pose, face_model, rotation_matrix


@dataclass(frozen=True)
class Turning:
    """A face that turns by the angles, five frames a second."""

    angles: tuple[float, ...]
    name: str = "anna_0"
    identity: str = "anna"
    rate: Fraction = Fraction(5)

    def __len__(self):
        return len(self.angles)

    @property
    def landmarks(self):
        face = face_model().mean
        turns = (rotation_matrix(np.array([0.0, angle, 0.0])) for angle in self.angles)
        return np.stack([apply_pose(face, Pose(turn, 50.0, np.full(3, 128.0))) for turn in turns]).astype(np.float32)


def test_the_far_third_farthest_first_and_never_within_half_a_second():
    angles = (0.0, 0.5, 0.02, 0.1, 0.2, 0.3, 0.25, 0.15, 0.05, 0.12)
    far = FarFrames(Turning(angles))
    assert far.frontal == 0
    # frame 1 is the farthest of all, but only a fifth of a second away
    assert far.far_from(0).tolist() == [5, 6, 4]


def test_further_shots_are_far_from_the_target_and_apart_from_what_is_shown():
    far = FarFrames(Turning(tuple(np.linspace(0, 0.6, 40))))
    shots = far.more_shots((0, 39), 7, seed=0)
    assert len(set(shots)) == 7 and set(shots) <= set(far.far_from(39).tolist()) - {0}
    assert shots == far.more_shots((0, 39), 7, seed=0) != far.more_shots((0, 39), 7, seed=1)
    assert len(far.more_shots((0, 39), 32, seed=0)) == 12  # 13 far frames, one of them the shot
    apart = far.more_shots((0, 39), 32, seed=0, apart_from=[5])
    assert sorted(apart) == [1, 2, 8, 9, 10, 11, 12]  # half a second on both sides of what is shown is left out


def test_a_clip_of_less_than_half_a_second_has_no_far_frame():
    assert FarFrames(Turning((0.0, 0.5))).far_from(0).size == 0


def test_planned_pairs_start_from_the_most_frontal_frame_and_from_others_and_never_show_a_target_twice():
    clip = Turning(tuple(np.linspace(0, 0.6, 60)))
    pairs = plan_far_pairs(clip, 6, 4, seed=0)
    assert len({pair.target for pair in pairs}) == len(pairs) == 6
    assert [pair.shots[0] for pair in pairs[:3]] == [0, 0, 0] and len({pair.shots[0] for pair in pairs}) > 2
    far = FarFrames(clip)
    for pair in pairs:
        assert pair.target in far.far_from(pair.shots[0])
        assert set(pair.shots[1:]) <= set(far.far_from(pair.target).tolist())
    assert pairs == plan_far_pairs(clip, 6, 4, seed=0) != plan_far_pairs(clip, 6, 4, seed=1)
