import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.face_controls import LIMITS, FaceControls, Poser, parse_controls
from headcast.geometry.pose import CONTROLS, fit_pose, measure_controls, remove_pose, rotation_vector


@pytest.fixture(scope="module")
def own():
    """An average face that smiles with its lips apart."""
    return builtin_motion("smile").landmarks[75]


@pytest.fixture(scope="module")
def measured(own):
    """What can be measured of the face that does as it is told: its turn in degrees, and its controls."""
    poser = Poser(own)

    def measure(**asked):
        landmarks = poser(FaceControls(**asked))
        pose = fit_pose(landmarks)
        values = dict(zip(CONTROLS, measure_controls(remove_pose(landmarks, pose)), strict=True))
        turn = rotation_vector(pose.rotation @ fit_pose(own).rotation.T)
        return values | dict(zip(("nod", "turn", "tilt"), np.degrees(turn * (1, -1, 1)), strict=True))

    return measure


def test_all_zero_is_the_picture_as_it_is(own):
    assert np.array_equal(Poser(own)(FaceControls()), own)
    assert np.abs(Poser(own)(FaceControls(turn=1e-6)) - own).max() < 0.05  # pixels of 512, and no jump beside it


@pytest.mark.parametrize("axis", ["turn", "nod", "tilt"])
def test_the_head_turns_as_far_as_asked_and_eases_off(measured, axis):
    small = measured(**{axis: 8.0})
    assert small[axis] == pytest.approx(8.0, abs=0.6)
    assert all(abs(small[other]) < 0.6 for other in {"turn", "nod", "tilt"} - {axis})
    assert 20 < measured(**{axis: 40.0})[axis] < 35 and measured(**{axis: -8.0})[axis] < -7


def test_the_nose_goes_where_the_controls_say(own):
    nose = Poser(own)(FaceControls(turn=15))[1] - own[1]
    assert nose[0] > 10 and abs(nose[1]) < 5
    assert (Poser(own)(FaceControls(nod=15))[1] - own[1])[1] > 10


def test_lips_and_lids_close_and_open(measured):
    rest = measured()
    assert rest["lip_gap"] > 0.05
    assert measured(mouth=-1.0)["lip_gap"] == pytest.approx(0, abs=1e-3)
    assert measured(mouth=1.0)["lip_gap"] == pytest.approx(rest["lip_gap"] + 0.42, abs=0.02)
    shut = measured(right_lid=-1.0)
    assert shut["right_eye_opening"] == pytest.approx(0, abs=1e-3)
    assert shut["left_eye_opening"] == pytest.approx(rest["left_eye_opening"], abs=5e-3)
    assert measured(left_lid=1.0)["left_eye_opening"] > 1.3 * rest["left_eye_opening"]


@pytest.mark.parametrize(
    ("control", "what"), [("smile", "smile"), ("width", "mouth_width"), ("brows", "brow_height"), ("gaze_x", "gaze_x")]
)
def test_each_control_moves_its_own_part(measured, control, what):
    assert measured(**{control: 1.0})[what] > measured()[what] + 0.05
    assert measured(**{control: -1.0})[what] < measured()[what] - 0.03


def test_a_picture_with_closed_eyes_can_open_them():
    blink = builtin_motion("blink")
    openings = [measure_controls(remove_pose(face, fit_pose(face)))[4] for face in blink.landmarks]
    closed = blink.landmarks[int(np.argmin(openings))]
    opened = Poser(closed)(FaceControls(right_lid=1.0))
    assert measure_controls(remove_pose(opened, fit_pose(opened)))[4] > 0.5 * max(openings)


def test_controls_from_strangers():
    assert parse_controls({"turn": 5, "mouth": -0.5}) == FaceControls(turn=5.0, mouth=-0.5)
    assert parse_controls(dict(LIMITS)).gaze_y == 1.0
    for bad in (
        [],
        {"turn": "5"},
        {"turn": 41},
        {"mouth": 1.01},
        {"mouth": True},
        {"frown": 1},
        {"turn": float("nan")},
    ):
        with pytest.raises(ValueError, match="expected"):
            parse_controls(bad)
