"""A drawn head in a dark collar with a lighter rim that the matte leaves out, before a drawn wall."""

import cv2
import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, face_model
from headcast.inpainting.fill import fill_hidden
from headcast.matting.attached import find_attached
from headcast.matting.layers import split_layers
from headcast.types import Image, Landmarks, Mask

SIZE, EYES = 256, 45.0
WALL, SKIN, COLLAR, RIM = 200, 120, 30, 100
COLLAR_SIZE, BREADTH = (100, 60), 9


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return apply_pose(face_model().mean, Pose(np.eye(3), EYES, np.array([128.0, 90.0, 0.0])))


def drawn(inner: int, outer: int) -> tuple[Image, Mask]:
    """The picture with a rim around the collar between these radii more than its own; and where the rim is."""
    picture, rim = np.full((SIZE, SIZE, 3), WALL, np.uint8), np.zeros((SIZE, SIZE), np.uint8)
    x, y = COLLAR_SIZE
    cv2.ellipse(rim, (128, 236), (x + outer, y + outer), 0, 0, 360, (1,), cv2.FILLED)
    cv2.ellipse(rim, (128, 236), (x + inner, y + inner), 0, 0, 360, (0,), cv2.FILLED)
    picture[rim > 0] = RIM
    person = person_matte()
    shade = np.where(person & (np.indices(person.shape)[0] < 180), SKIN, COLLAR)
    picture[person] = shade[person][:, None]
    noise = np.random.default_rng(0).normal(0, 1.5, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), ((rim > 0) & ~person).astype(np.float32)


def person_matte() -> np.ndarray:
    """Where the head and the dark of the collar are: all that the matte knows."""
    known = np.zeros((SIZE, SIZE), np.uint8)
    cv2.ellipse(known, (128, 105), (45, 70), 0, 0, 360, (1,), cv2.FILLED)
    cv2.ellipse(known, (128, 236), COLLAR_SIZE, 0, 0, 360, (1,), cv2.FILLED)
    return known > 0


def test_the_rim_of_a_collar_is_the_persons(landmarks: Landmarks) -> None:
    picture, rim = drawn(0, BREADTH)
    matte = np.asarray(cv2.blur(person_matte().astype(np.float32), (3, 3)), np.float32)
    found = find_attached(picture, matte, landmarks)
    rim[:, :6] = rim[:, -6:] = 0  # cut off by the picture's end
    assert found[rim > 0].mean() > 0.9
    assert found[cv2.dilate(rim + person_matte(), np.ones((7, 7), np.uint8)) == 0].max() == 0
    layers = split_layers(picture, matte, fill_hidden, landmarks)
    kept = cv2.erode(rim, np.ones((3, 3), np.uint8)) > 0
    np.testing.assert_allclose(layers.person[kept].mean(), RIM, atol=8)
    assert layers.matte[kept].mean() > 0.9


def test_without_one_nothing_is_found(landmarks: Landmarks) -> None:
    picture, _ = drawn(0, 0)
    assert find_attached(picture, person_matte().astype(np.float32), landmarks).max() == 0


def test_what_goes_on_behind_the_person_is_not_theirs(landmarks: Landmarks) -> None:
    picture, chair = drawn(0, 60)
    assert chair.mean() > 0.1
    assert find_attached(picture, person_matte().astype(np.float32), landmarks).max() == 0


def test_what_does_not_touch_the_person_is_not_theirs(landmarks: Landmarks) -> None:
    picture, _ = drawn(0, 0)
    cv2.circle(picture, (58, 176), 7, (RIM,) * 3, cv2.FILLED)
    assert find_attached(picture, person_matte().astype(np.float32), landmarks).max() == 0


def test_a_seam_is_left_to_the_matte(landmarks: Landmarks) -> None:
    picture, _ = drawn(0, 3)
    assert find_attached(picture, person_matte().astype(np.float32), landmarks).max() == 0


def test_above_the_chin_it_is_hair(landmarks: Landmarks) -> None:
    picture, _ = drawn(0, 0)
    person = person_matte()
    cap = np.zeros((SIZE, SIZE), np.uint8)
    cv2.ellipse(cap, (128, 105), (45 + BREADTH, 70 + BREADTH), 0, 180, 360, (1,), cv2.FILLED)
    picture[(cap > 0) & ~person] = RIM
    assert find_attached(picture, person.astype(np.float32), landmarks).max() == 0


def test_a_lock_that_begins_higher_is_no_collar(landmarks: Landmarks, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _ = drawn(0, 0)
    matte = np.asarray(cv2.blur(person_matte().astype(np.float32), (3, 3)), np.float32)
    lock = np.zeros(matte.shape, bool)
    lock[105:165, 150:182] = True
    lock &= ~person_matte()
    picture[lock] = SKIN
    assert find_attached(picture, matte, landmarks)[lock].max() == 0
    monkeypatch.setattr("headcast.matting.attached.ATTACHED_BELOW", 0.2)  # were that low enough, it would be found
    assert find_attached(picture, matte, landmarks)[lock].max() > 0.9
