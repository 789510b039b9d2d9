"""A known blur is measured, at any size and in any direction, whatever noise and compression add."""

import cv2
import numpy as np
import pytest

from headcast.geometry.measures import face_size
from headcast.tracking.quality import edge_blur, sharpness, true_resolution
from headcast.types import Image, Landmarks

SIZES = (60, 100, 130)  # pixels across the face


def resized(image: Image, landmarks: Landmarks, size: float) -> tuple[Image, Landmarks]:
    scale = size / face_size(landmarks)
    smaller = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8), (landmarks + 0.5) * np.float32(scale) - np.float32(0.5)


def blurred(image: Image, blur: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("blur", [0.01, 0.02])  # of the face size; a wider blur makes one edge of two
def test_a_known_blur_is_measured(astronaut: Image, face: Landmarks, size: int, blur: float) -> None:
    blur *= size
    image, landmarks = resized(astronaut, face, size)
    own = edge_blur(image, landmarks)
    expected = float(np.hypot(own, blur))  # variances add up
    assert edge_blur(blurred(image, blur), landmarks) == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("size", SIZES)
def test_a_blurred_copy_is_told_from_the_sharp_one(astronaut: Image, face: Landmarks, size: int) -> None:
    image, landmarks = resized(astronaut, face, size)
    assert sharpness(blurred(image, 0.01 * size), landmarks) < 0.77 * sharpness(image, landmarks)
    assert sharpness(blurred(image, 0.03 * size), landmarks) < 0.45 * sharpness(image, landmarks)


@pytest.mark.parametrize("shape", [(9, 1), (1, 9)])
def test_motion_in_one_direction_is_blur(astronaut: Image, face: Landmarks, shape: tuple[int, int]) -> None:
    image, landmarks = resized(astronaut, face, 130)
    moved = np.asarray(cv2.blur(image, shape), np.uint8)
    # A box of 9 pixels has the standard deviation of a blur by 2.6.
    assert edge_blur(moved, landmarks) == pytest.approx(2.6, rel=0.2)


def test_enlarging_adds_no_detail(astronaut: Image, face: Landmarks) -> None:
    small, landmarks = resized(astronaut, face, 60)
    large = np.asarray(cv2.resize(small, None, fx=3.0, fy=3.0, interpolation=cv2.INTER_CUBIC), np.uint8)
    in_large = (landmarks + 0.5) * np.float32(3.0) - np.float32(0.5)
    assert true_resolution(small, landmarks) > 0.85
    assert true_resolution(large, in_large) == pytest.approx(1 / 3, rel=0.3)
    assert sharpness(large, in_large) == pytest.approx(sharpness(small, landmarks), rel=0.3)


def test_noise_and_compression_hardly_count(astronaut: Image, face: Landmarks) -> None:
    image, landmarks = resized(astronaut, face, 100)
    soft = blurred(image, 2.0)
    noise = np.random.default_rng(0).normal(0, 4, soft.shape)
    noisy = np.clip(soft + noise, 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    compressed = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    for damaged in (noisy, compressed):
        assert edge_blur(damaged, landmarks) == pytest.approx(edge_blur(soft, landmarks), rel=0.25)


def test_a_face_without_edges_or_partly_outside_is_measured_too(astronaut: Image, face: Landmarks) -> None:
    assert true_resolution(np.full_like(astronaut, 127), face) < 1e-3
    right = round(float(face[:, 0].mean()))
    assert true_resolution(astronaut[:, :right], face) > 0.3
