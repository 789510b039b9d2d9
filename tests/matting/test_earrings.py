"""What hangs from the ears of a drawn head before a drawn wall."""

import cv2
import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, face_model, head_of
from headcast.matting.earrings import find_earrings
from headcast.types import Image, Landmarks, Mask, Shot
from headcast.warping.carry import Carrier

SIZE, EYES = 256, 45.0
MIDDLE = (128.0, 110.0)


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return apply_pose(face_model().mean, Pose(np.eye(3), EYES, np.array([*MIDDLE, 0.0])))


@pytest.fixture(scope="module")
def matte() -> Mask:
    drawn = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(drawn, (128, 120), (52, 80), 0, 0, 360, (1,), cv2.FILLED)
    drawn[200:, 100:156] = 1  # a neck
    return cv2.blur(drawn, (3, 3))


def head_before_a_wall(matte: Mask, wall: int = 160) -> Image:
    drawn = 90 * matte[:, :, None] + wall * (1 - matte[:, :, None]) + np.zeros(3)
    return (drawn + np.random.default_rng(0).normal(0, 2, drawn.shape)).astype(np.uint8)


def test_a_thing_below_each_ear_is_the_persons(landmarks: Landmarks, matte: Mask) -> None:
    picture, drawn = head_before_a_wall(matte), np.zeros((SIZE, SIZE), np.uint8)
    for x in (182, 74):
        cv2.ellipse(drawn, (x, 167), (5, 8), 0, 0, 360, (1,), cv2.FILLED)
    picture[drawn > 0] = (220, 200, 60)
    found = find_earrings(picture, matte, landmarks)
    assert found[drawn > 0].mean() > 0.95
    assert found[cv2.dilate(drawn, np.ones((7, 7), np.uint8)) == 0].max() == 0


def test_without_one_nothing_is_found(landmarks: Landmarks, matte: Mask) -> None:
    assert find_earrings(head_before_a_wall(matte), matte, landmarks).max() == 0


def test_a_pole_and_a_pattern_behind_the_person_are_no_earrings(landmarks: Landmarks, matte: Mask) -> None:
    pole = head_before_a_wall(matte)
    pole[:, 180:184][matte[:, 180:184] < 0.05] = 20
    assert find_earrings(pole, matte, landmarks).max() == 0
    pattern = head_before_a_wall(matte)
    dots = np.zeros((SIZE, SIZE), bool)
    dots[::12, ::12] = True
    pattern[(cv2.dilate(dots.astype(np.uint8), np.ones((9, 7), np.uint8)) > 0) & (matte < 0.05)] = 60
    assert find_earrings(pattern, matte, landmarks).max() == 0


def test_an_earring_moves_with_the_head_and_the_wall_is_seen_beside_it(landmarks: Landmarks, matte: Mask) -> None:
    picture = head_before_a_wall(matte)
    cv2.ellipse(picture, (186, 167), (5, 8), 0, 0, 360, (220, 200, 60), cv2.FILLED)
    carrier = Carrier(Shot(picture, landmarks, matte))
    for shift in (0, -12):
        moved = landmarks + np.float32([shift, 0, 0])
        carried = carrier(moved, head_of(moved))
        colour = carried.colour[162:172, 183 + shift : 190 + shift].mean((0, 1))
        np.testing.assert_allclose(colour, (220, 200, 60), atol=25)
        assert carried.matte[160:172, 176 + shift : 178 + shift].max() < 0.5
    assert np.abs(carried.colour[160:174, 184:191].mean() - 160) < 12  # it has left its place
