"""One person's pictures are alike, mirrored, turned, soft or in another light; another person's are not."""

import cv2
import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.geometry.topology import MIRROR
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.likeness import Vector, likeness
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks


def vector_of(image: Image) -> Vector:
    landmarks = find_face(image)
    box = head_crop(landmarks)
    return likeness(crop_image(image, box, 256), crop_landmarks(landmarks, box, 256))


@pytest.fixture(scope="module")
def own(head: tuple[Image, Landmarks]) -> Vector:
    return likeness(*head)


def test_it_is_a_unit_vector(own: Vector) -> None:
    assert own.shape == (64,)
    assert np.linalg.norm(own) == pytest.approx(1.0)


def test_a_mirror_changes_nothing(head: tuple[Image, Landmarks], own: Vector) -> None:
    image, landmarks = head
    mirrored = landmarks[MIRROR] * np.float32([-1, 1, 1]) + np.float32([255, 0, 0])
    assert likeness(np.ascontiguousarray(image[:, ::-1]), mirrored) @ own > 0.96


def test_the_same_person_is_alike_whatever_the_picture(astronaut: Image, own: Vector) -> None:
    tilted = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D((224.0, 110.0), 20.0, 1.0), (512, 512))
    small = cv2.resize(astronaut, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    darker = np.asarray(255 * (astronaut / 255.0) ** 1.4, np.uint8)
    for other in (tilted, small, darker):
        assert vector_of(np.asarray(other, np.uint8)) @ own > 0.7


def test_another_person_is_not(own: Vector) -> None:
    assert vector_of(np.asarray(PHOTOS["hopper"](), np.uint8)) @ own < 0.3
