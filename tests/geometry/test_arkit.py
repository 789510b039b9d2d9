import pytest

from headcast.geometry.arkit import ARKIT, parse_arkit
from headcast.geometry.face_controls import FaceControls


def test_the_names_are_apples():
    assert len(ARKIT) == 52
    # Some of each group, as developer.apple.com lists them under ARFaceAnchor.BlendShapeLocation.
    assert {"eyeLookInLeft", "jawOpen", "mouthRollUpper", "mouthUpperUpRight", "browInnerUp", "cheekPuff"} <= ARKIT
    assert {"noseSneerLeft", "tongueOut", "mouthShrugLower", "eyeSquintRight", "mouthLeft", "jawForward"} <= ARKIT


def test_a_face_at_rest_is_the_picture_as_it_is():
    assert parse_arkit(dict.fromkeys(ARKIT, 0.0)) == parse_arkit({}) == FaceControls()


@pytest.mark.parametrize(
    ("shapes", "control", "sign"),
    [
        ({"jawOpen": 0.5}, "mouth", 1),
        ({"mouthSmileLeft": 1, "mouthSmileRight": 1}, "smile", 1),
        ({"mouthFrownLeft": 1, "mouthFrownRight": 1}, "smile", -1),
        ({"mouthPucker": 1}, "width", -1),
        ({"browInnerUp": 1}, "brows", 1),
        ({"browDownLeft": 1, "browDownRight": 1}, "brows", -1),
        ({"eyeLookUpLeft": 1, "eyeLookUpRight": 1}, "gaze_y", -1),
        # The person looks to the own left, which is the picture's right.
        ({"eyeLookOutLeft": 1, "eyeLookInRight": 1}, "gaze_x", 1),
        ({"eyeWideRight": 1}, "right_lid", 1),
    ],
)
def test_each_shape_moves_its_control(shapes, control, sign):
    controls = parse_arkit(shapes)
    assert sign * getattr(controls, control) > 0.4
    others = {name: value for name, value in vars(controls).items() if name != control}
    assert all(abs(value) < 0.01 for value in others.values())


def test_a_blink_shuts_one_eye_and_a_closed_mouth_stays_so():
    assert parse_arkit({"eyeBlinkLeft": 1}) == FaceControls(left_lid=-1.0)
    assert parse_arkit({"jawOpen": 0.4, "mouthClose": 0.4}).mouth == 0
    assert parse_arkit({}, {"turn": -12, "tilt": 3}) == FaceControls(turn=-12.0, tilt=3.0)


def test_all_at_once_stays_within_the_limits():
    assert all(abs(value) <= 1 for value in vars(parse_arkit(dict.fromkeys(ARKIT, 1))).values())


@pytest.mark.parametrize(
    ("shapes", "head"),
    [([], None), ({"jawOpn": 0.5}, None), ({"jawOpen": 1.5}, None), ({"jawOpen": None}, None), ({}, {"roll": 3})],
)
def test_odd_shapes_are_refused(shapes, head):
    with pytest.raises(ValueError, match="expected|none of its"):
        parse_arkit(shapes, head)
