from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.evaluation.protocol import frontality, split_clip
from headcast.geometry.pose import Pose, apply_pose, face_model
from headcast.types import Landmarks


def turned_face(yaw: float) -> Landmarks:
    """The mean face, turned by `yaw` radians."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return apply_pose(face_model().mean, Pose(rotation, 50.0, np.array([128.0, 120.0, 0.0])))


@dataclass(frozen=True)
class TurningClip:
    """A face that turns from one side to the other; it looks straight ahead in `frontal`."""

    name: str
    num_frames: int
    frontal: int

    @property
    def landmarks(self) -> NDArray[np.float32]:
        yaws = 0.02 * (np.arange(self.num_frames) - self.frontal)
        return np.stack([turned_face(yaw) for yaw in yaws])


def test_frontality_is_the_cosine_of_the_turn() -> None:
    for yaw in (-0.5, 0.0, 0.3):
        assert frontality(turned_face(yaw)) == pytest.approx(np.cos(yaw), abs=1e-4)


def test_shots_and_targets_lie_in_their_parts() -> None:
    split = split_clip(TurningClip("anna", 100, frontal=17), num_shots=8, seed=0)
    assert split.shots[0] == 17
    assert len(set(split.shots)) == 8 and max(split.shots) < 45
    assert len(set(split.targets)) == 32 and split.targets[0] == 55 and split.targets[-1] == 99
    assert list(split.targets) == sorted(split.targets)


def test_the_most_frontal_frame_of_the_first_part_is_taken() -> None:
    assert split_clip(TurningClip("anna", 100, frontal=80), 1, seed=0).shots == (44,)


def test_short_clips_have_fewer_targets() -> None:
    assert split_clip(TurningClip("anna", 20, frontal=3), 1, seed=0).targets == tuple(range(11, 20))


def test_split_is_seeded_nested_and_apart_from_other_clips() -> None:
    clip = TurningClip("anna", 100, frontal=17)
    split = split_clip(clip, 8, seed=0)
    assert split == split_clip(clip, 8, seed=0)
    assert split.shots == split_clip(clip, 32, seed=0).shots[:8]
    assert split.shots != split_clip(clip, 8, seed=1).shots
    assert split.shots != split_clip(TurningClip("ben", 100, frontal=17), 8, seed=0).shots


def test_a_short_clip_gives_the_shots_it_has() -> None:
    clip = TurningClip("anna", 15, frontal=3)
    assert sorted(split_clip(clip, 8, seed=0).shots) == list(range(6))  # 45 % of it
    assert split_clip(clip, 4, seed=0).shots == split_clip(clip, 32, seed=0).shots[:4]


def test_too_short_a_clip_is_refused() -> None:
    with pytest.raises(DataError, match="clip anna has 4 frames, 1 of them for shots and 1 to be made again; 2 are"):
        split_clip(TurningClip("anna", 4, frontal=0), 1, seed=0)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        split_clip(TurningClip("anna", 100, frontal=3), 0, seed=0)
