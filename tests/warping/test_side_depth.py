"""Ears at both sides of a turned head, against points in space that lie deeper; in turns back they stay."""

import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, rotation_matrix
from headcast.warping.side_depth import FAR, NEAR, as_deep, moved_by_depth, to_the_side

SCALE = 60.0
EARS = np.array([[-1.3, 0.4, 1.2], [1.3, 0.4, 1.2]])  # right and left, in eye distances
SIDES = to_the_side(EARS[:, :2] - (0, 0.4))


def pose(turn: float, roll: float = 0.0, scale: float = SCALE) -> Pose:
    rotation = rotation_matrix(np.array([0, 0, roll])) @ rotation_matrix(np.array([0, turn, 0]))
    return Pose(rotation, scale, np.array([128.0, 110.0, 0.0]))


def deeper_by(depth: float, turned: Pose) -> np.ndarray:
    """How far depth alone moves the ears in a picture, of a frontal head that turned."""
    behind = EARS + np.array([0, 0, depth])
    return (apply_pose(behind, turned) - apply_pose(EARS, turned))[:, :2]


@pytest.mark.parametrize("roll", [0.0, 0.4])
@pytest.mark.parametrize("turn", [0.3, -0.3, 0.05])
def test_ears_go_as_deeper_ones(turn: float, roll: float) -> None:
    turned = pose(turn, roll)
    far = int(np.argmax(apply_pose(EARS, turned)[:, 2]))
    shifts = moved_by_depth(SIDES, pose(0.0), turned)
    np.testing.assert_allclose(shifts[far], deeper_by(FAR, turned)[far], atol=1e-4)
    np.testing.assert_allclose(shifts[1 - far], deeper_by(NEAR, turned)[1 - far], atol=1e-4)
    outwards = (apply_pose(EARS, turned) - apply_pose(np.array([[0.0, 0.4, 0.0]]), turned))[:, :2]
    assert shifts[far] @ outwards[far] < 0 < shifts[1 - far] @ outwards[1 - far]


def test_nothing_moves_in_the_pose_of_the_shot() -> None:
    for turn in (-0.4, 0.0, 0.3):
        np.testing.assert_allclose(moved_by_depth(SIDES, pose(turn), pose(turn, 0.3, 90.0)), 0, atol=1e-9)


def test_a_head_that_turns_back_to_the_front_keeps_its_ears() -> None:
    np.testing.assert_array_equal(moved_by_depth(SIDES, pose(0.5), pose(0.0)), 0)


def test_what_lies_above_and_below_the_middle_stays() -> None:
    sides = to_the_side(np.array([(0.0, -1.0), (0.0, 1.5), (0.0, 0.0)]))
    np.testing.assert_array_equal(moved_by_depth(sides, pose(0.0), pose(0.4)), 0)


def test_the_outline_of_a_side_that_the_shot_hides_is_no_ear() -> None:
    for turn in (0.02, -0.02):
        np.testing.assert_array_equal(as_deep(SIDES, pose(turn)), 1)  # a shot from the front shows both
    for turn in (0.4, -0.4):
        far = int(np.argmax(apply_pose(EARS, pose(turn))[:, 2]))
        assert as_deep(SIDES, pose(turn)).tolist() == [float(side != far) for side in (0, 1)]
        for other in (2 * turn, -turn):
            np.testing.assert_array_equal(moved_by_depth(SIDES, pose(turn), pose(other))[far], 0)
