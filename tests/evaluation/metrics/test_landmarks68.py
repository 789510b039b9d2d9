from pathlib import Path

import numpy as np
import pytest

from headcast.evaluation.metrics.landmarks68 import (
    FACE_REGIONS,
    LandmarkFinder68,
    eye_distance,
    landmark_errors,
    load_landmark_finder,
    points_68,
)
from headcast.types import Image, Landmarks


def test_regions_cover_the_68_points_once() -> None:
    covered = np.concatenate([np.arange(68)[part] for part in FACE_REGIONS.values()])
    assert covered.tolist() == list(range(68))


def test_unit_is_the_distance_of_the_eye_centres(face: Landmarks) -> None:
    assert eye_distance(points_68(face)) == pytest.approx(40, rel=0.02)


def test_a_moved_mouth_is_an_error_of_the_mouth_alone(face: Landmarks) -> None:
    target = points_68(face)
    moved = target.copy()
    moved[48:68] += (3, 4)
    errors = landmark_errors(moved, target)
    assert errors["mouth"] == pytest.approx(5 / eye_distance(target), rel=1e-4)
    assert errors["all"] == pytest.approx(errors["mouth"] * 20 / 68, rel=1e-4)
    assert errors["jaw"] == errors["brows"] == errors["nose"] == errors["eyes"] == 0


def test_points_come_back_in_the_pictures_pixels(face: Landmarks) -> None:
    """A network that answers with the brightest place of its input finds a dot where it was drawn."""

    def brightest(batch: np.ndarray) -> np.ndarray:
        row, column = np.unravel_index(batch[0, 0].argmax(), batch[0, 0].shape)
        return np.full((1, 68, 2), [(column + 0.5) / 112, (row + 0.5) / 112], np.float32)

    picture = np.zeros((256, 256, 3), np.uint8)
    picture[110, 120] = 255
    found = LandmarkFinder68(brightest).find(picture, face)
    np.testing.assert_allclose(found[0], (120, 110), atol=0.7)  # one pixel of the network is about one of the picture


def test_finds_a_face_and_follows_it(nets: Path, portrait: Image, face: Landmarks) -> None:
    finder = load_landmark_finder(nets / "landmarks68.onnx")
    found = finder.find(portrait, face)
    errors = landmark_errors(found, points_68(face))  # the mean face, not hers
    assert errors["eyes"] < 0.12 and errors["mouth"] < 0.2
    # moved by 6 px under an unmoved square, the points follow
    moved = np.roll(portrait, 6, axis=1)
    shift = (finder.find(moved, face) - found).mean(0)
    assert shift[0] == pytest.approx(6, abs=1) and shift[1] == pytest.approx(0, abs=1)
