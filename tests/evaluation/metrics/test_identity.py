from pathlib import Path

import cv2
import numpy as np
import openvino
import openvino.opset13 as opset
import pytest

from headcast.evaluation.metrics.identity import (
    ALIGNED_POINTS,
    IdentityJudge,
    align_face,
    five_points,
    load_identity_judge,
)
from headcast.types import Image, Landmarks


def turn(image: Image, landmarks: Landmarks, degrees: float) -> tuple[Image, Landmarks]:
    """Turn a picture and its landmarks together, about the picture's middle."""
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 0.9)
    turned = landmarks.copy()
    turned[:, :2] = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return cv2.warpAffine(image, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE), turned


def test_five_points_land_on_the_template(face: Landmarks) -> None:
    # dots drawn at the five points are found again near the template's places: a face is no exact similarity of it
    dots = np.zeros((256, 256, 3), np.uint8)
    for index, (x, y) in enumerate(five_points(face).round().astype(int)):
        dots[y - 2 : y + 3, x - 2 : x + 3] = (index + 1) * 40
    aligned = align_face(dots, face)[..., 0]
    for index, (x, y) in enumerate(ALIGNED_POINTS):
        rows, columns = np.nonzero(np.abs(aligned.astype(int) - (index + 1) * 40) < 4)
        assert np.hypot(np.median(columns) - x, np.median(rows) - y) < 5, index


def test_alignment_undoes_turning_and_scaling(portrait: Image, face: Landmarks) -> None:
    upright, turned = align_face(portrait, face), align_face(*turn(portrait, face, 25))
    assert np.abs(upright.astype(float) - turned).mean() < 6
    unaligned = align_face(turn(portrait, face, 25)[0], face)
    assert np.abs(upright.astype(float) - unaligned).mean() > 25


def test_similarity_is_the_cosine_of_the_networks_vectors(portrait: Image, face: Landmarks) -> None:
    # a network whose vectors are known: the mean colour, not of unit length
    judge = IdentityJudge(lambda batch: batch.mean((2, 3)), "mean colour")
    red, yellow = np.zeros_like(portrait), np.zeros_like(portrait)
    red[..., 0] = 255
    yellow[..., :2] = 100
    assert judge.similarity(red, red, face) == pytest.approx(1)
    assert judge.similarity(red, yellow, face) == pytest.approx(np.sqrt(0.5), abs=1e-5)


def test_same_person_is_near_one_and_a_spoilt_face_is_not(nets: Path, portrait: Image, face: Landmarks) -> None:
    judge = load_identity_judge(nets / "mobileface_v2_face_id.onnx")
    assert judge.name == "CSIM (mobileface_v2_face_id)"
    assert judge.similarity(portrait, portrait, face) == pytest.approx(1, abs=1e-5)
    assert judge.vector(portrait, face) @ judge.vector(*turn(portrait, face, 15)) > 0.8
    assert judge.similarity(portrait[::-1].copy(), portrait, face) < 0.3


@pytest.mark.parametrize("scales_itself", [True, False])
def test_both_conventions_see_the_same_face(
    tmp_path: Path, portrait: Image, face: Landmarks, scales_itself: bool
) -> None:
    """One network, once with its scaling inside (MobileFace), once without (InsightFace's ArcFace)."""
    pixels = opset.parameter([-1, 3, 112, 112], np.float32)
    scaled = opset.divide(opset.subtract(pixels, np.float32(127.5)), np.float32(127.5)) if scales_itself else pixels
    kernels = np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float32)
    maps = opset.relu(opset.convolution(scaled, kernels, [16, 16], [0, 0], [0, 0], [1, 1]))
    path = tmp_path / "net.xml"
    openvino.save_model(openvino.Model([opset.reduce_mean(maps, np.array([2, 3]), False)], [pixels]), path)

    aligned = (align_face(portrait, face).astype(np.float32) - 127.5) / 127.5
    squares = aligned.reshape(7, 16, 7, 16, 3)
    expected = np.maximum(np.einsum("aibjc,kcij->abk", squares, kernels), 0).mean((0, 1))
    vector = load_identity_judge(path).vector(portrait, face)
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=2e-3)  # half precision in the file
