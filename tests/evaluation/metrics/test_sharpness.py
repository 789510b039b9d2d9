"""Sharpness of mouth and eyes against a picture whose gradients are known, and against planted faults."""

import cv2
import numpy as np
import pytest

from headcast.evaluation.metrics.regions import mouth_box
from headcast.evaluation.metrics.sharpness import sharpness
from headcast.types import Image, Landmarks, Shot


@pytest.fixture
def target(portrait: Image, face: Landmarks) -> Shot:
    return Shot(portrait, face, np.ones((256, 256), np.float32))


def with_mouth(shot: Shot, changed: Image) -> Image:
    """The shot with the mouth of another picture."""
    box = mouth_box(shot.landmarks)
    rows = slice(round(box.top), round(box.top + box.height))
    columns = slice(round(box.left), round(box.left + box.width))
    picture = shot.image.copy()
    picture[rows, columns] = changed[rows, columns]
    return picture


def test_the_true_frame_is_as_sharp_as_itself(target: Shot) -> None:
    assert sharpness(target.image, target) == {"mouth": 1.0, "eyes": 1.0}


def test_a_mouth_painted_small_and_enlarged_is_soft_and_the_eyes_are_not_blamed(target: Shot) -> None:
    small = cv2.resize(target.image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = np.asarray(cv2.resize(small, target.image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    found = sharpness(with_mouth(target, soft), target)
    assert found["mouth"] < 0.8
    assert found["eyes"] == pytest.approx(1.0, abs=0.02)


def test_a_grid_over_the_teeth_is_too_sharp(target: Shot) -> None:
    striped = target.image.copy()
    striped[:, ::3] //= 2
    assert sharpness(with_mouth(target, striped), target)["mouth"] > 1.25


def test_doubled_contrast_doubles_it() -> None:
    random = np.random.default_rng(0)
    faint = random.integers(96, 160, (256, 256, 3)).astype(np.uint8)
    strong = np.clip(128 + 2 * (faint.astype(int) - 128), 0, 255).astype(np.uint8)
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[:, :2] = random.uniform(80, 180, (478, 2))
    found = sharpness(strong, Shot(faint, landmarks, np.ones((256, 256), np.float32)))
    assert found["mouth"] == pytest.approx(2.0, rel=0.03)
