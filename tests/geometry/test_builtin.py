"""Built-in motions against what their names promise, measured on the landmarks."""

from fractions import Fraction

import numpy as np
import pytest

from headcast.errors import MotionError
from headcast.geometry.builtin import builtin_motion, builtin_motion_names
from headcast.geometry.pose import CONTROLS, fit_pose, measure_controls, remove_pose, rotation_vector
from headcast.types import Motion


class Measured:
    """A motion's controls (N,) by name, and its turns (N, 3) in radians."""

    def __init__(self, motion: Motion) -> None:
        poses = [fit_pose(landmarks) for landmarks in motion.landmarks]
        faces = [remove_pose(each, pose) for each, pose in zip(motion.landmarks, poses, strict=True)]
        self.turns = np.array([rotation_vector(pose.rotation) for pose in poses])
        self.controls = dict(zip(CONTROLS, np.array([measure_controls(face) for face in faces]).T, strict=True))


@pytest.mark.parametrize("name", builtin_motion_names())
def test_each_motion_has_its_length_and_goes_from_rest_to_rest_without_a_jump(name: str) -> None:
    motion = builtin_motion(name, 3, Fraction(25))
    assert motion.landmarks.shape == (75, 478, 3)
    assert motion.landmarks.dtype == np.float32
    assert motion.times == tuple(Fraction(number, 25) for number in range(75))
    assert np.isfinite(motion.landmarks).all()
    assert motion.found.all()
    places = motion.landmarks[:, :, :2]
    assert places.min() > 0
    assert places.max() < min(motion.image_size)
    np.testing.assert_allclose(motion.landmarks[0], motion.landmarks[-1], atol=1.5)
    assert np.ptp(motion.landmarks, axis=0).max() > 5  # it moves
    # A blink shuts lids 14 px apart within a tenth of a second; nothing may be faster.
    assert np.abs(np.diff(motion.landmarks, axis=0)).max() < 14


@pytest.mark.parametrize("name", builtin_motion_names())
def test_the_same_seed_gives_the_same_motion(name: str) -> None:
    first, second = (builtin_motion(name, 2, seed=7).landmarks for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_another_seed_gives_another_speech() -> None:
    one, other = (builtin_motion("talk", 4, seed=seed).landmarks for seed in (0, 1))
    assert np.abs(one - other).max() > 3


def test_rates_are_exact_and_do_not_change_the_movement() -> None:
    rate = Fraction(30000, 1001)
    motion = builtin_motion("turn", 2, rate)
    assert len(motion) == 60
    assert motion.times[1] == Fraction(1001, 30000)
    slow, fast = (builtin_motion("nod", 2, Fraction(rate)) for rate in (20, 40))
    np.testing.assert_allclose(fast.landmarks[: 2 * len(slow) : 2][:30], slow.landmarks[:30], atol=1)


@pytest.mark.parametrize("seed", range(4))
def test_talking_opens_the_mouth_and_closes_it_fully(seed: int) -> None:
    measured = Measured(builtin_motion("talk", seed=seed))
    gap = measured.controls["lip_gap"]
    assert gap.max() > 0.15
    assert (gap < 0.002).sum() > 10  # pauses, and sounds such as m, b and p
    assert ((gap[:-1] < 0.05) & (gap[1:] >= 0.05)).sum() >= 8  # syllables in 10 seconds
    lids = measured.controls["left_eye_opening"]
    assert lids.min() < 0.005
    assert np.median(lids) > 0.1


def test_each_motion_does_what_its_name_says() -> None:
    names = ("blink", "look", "nod", "shake", "smile", "surprise", "tilt", "turn")
    measured = {name: Measured(builtin_motion(name)) for name in names}
    lids = measured["blink"].controls["right_eye_opening"]
    assert ((lids[:-1] > 0.005) & (lids[1:] < 0.005)).sum() >= 2
    assert np.ptp(measured["look"].controls["gaze_x"]) > 0.1
    assert measured["smile"].controls["smile"].max() > 0.05 + measured["nod"].controls["smile"].max()
    assert measured["surprise"].controls["lip_gap"].max() > 0.25
    assert np.ptp(measured["surprise"].controls["brow_height"]) > 0.08
    for name, axis, least in (("nod", 0, 0.13), ("shake", 1, 0.2), ("tilt", 2, 0.17), ("turn", 1, 0.35)):
        turns = measured[name].turns[:, axis]
        assert turns.max() > least, name
        assert turns.min() < -least, name
        assert np.abs(measured[name].turns).argmax() % 3 == axis, name


def test_only_talking_smiling_and_surprise_open_the_mouth() -> None:
    for name in ("blink", "look", "nod", "shake", "tilt", "turn"):
        assert np.abs(Measured(builtin_motion(name, 2)).controls["lip_gap"]).max() < 0.002, name


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(MotionError, match=r"no built-in motion 'dance'; choose one of blink, look, nod, .*, turn$"):
        builtin_motion("dance")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_length_of_nothing_or_for_ever_is_refused(seconds: float) -> None:
    with pytest.raises(MotionError, match="seconds was asked; give more than 0, at most 3600"):
        builtin_motion("nod", seconds)


def test_a_motion_shorter_than_a_frame_is_one_frame() -> None:
    for name in builtin_motion_names():
        motion = builtin_motion(name, 0.001)
        assert len(motion) == 1
        assert np.isfinite(motion.landmarks).all()
