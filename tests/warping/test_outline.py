"""The outline of drawn people goes on where the photo's end cuts them off."""

import numpy as np
import pytest

from headcast.types import Landmarks, Mask
from headcast.warping.outline import outline_beyond

SIDE, BY = 256, 31
ROWS, COLUMNS = np.mgrid[: SIDE + 2 * BY, : SIDE + 2 * BY] - float(BY)


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    """Points of a face 100 pixels wide, its chin 170 pixels down."""
    points = np.random.default_rng(0).uniform([80, 50, 0], [180, 170, 0], (478, 3)).astype(np.float32)
    points[:4, :2] = [[80, 100], [180, 100], [130, 50], [130, 170]]
    return points


def head(x: float, y: float, radius: float = 90) -> Mask:
    return np.asarray(np.hypot(COLUMNS - x, ROWS - y) < radius, np.float32)


def grown(person: Mask, landmarks: Landmarks) -> Mask:
    """Return what is made of a person of whom only what lies in the photo is known."""
    known = person[BY:-BY, BY:-BY]
    larger = outline_beyond(np.ascontiguousarray(known), landmarks, BY)
    np.testing.assert_array_equal(larger[BY:-BY, BY:-BY], known)
    return larger


def test_a_head_closes_above_the_photo(landmarks: Landmarks) -> None:
    person = head(130, 65)
    wrong = (grown(person, landmarks) > 0.5) != (person > 0.5)
    assert wrong[:BY].sum() < 0.05 * person[:BY].sum()
    assert not wrong[BY:].any()


@pytest.mark.parametrize("mirrored", [False, True])
def test_hair_is_as_thick_on_both_sides_of_the_face(landmarks: Landmarks, mirrored: bool) -> None:
    far = 20.0  # pixels of the head beyond the photo's side
    x, face = SIDE - 1 + far - 90, landmarks.copy()
    face[:, 0] += x - 130
    person = ((np.abs(COLUMNS - x) < 90) & (ROWS < 150)).astype(np.float32)
    if mirrored:
        person = np.ascontiguousarray(person[:, ::-1])
        face[:, 0] = SIDE - 1 - face[:, 0]
    larger = grown(person, face)
    side = larger[:, :BY] if mirrored else larger[:, -BY:][:, ::-1]
    widest = (side > 0.5).any(0).sum()
    assert far - 8 < widest < far + 8


def test_shoulders_go_on_straight_beside_and_below(landmarks: Landmarks) -> None:
    shoulders = 200 + 0.4 * np.abs(COLUMNS - 130) < ROWS
    person = np.maximum(head(130, 110), shoulders.astype(np.float32))
    wrong = (grown(person, landmarks) > 0.5) != (person > 0.5)
    assert wrong.sum() < 60  # half a pixel along it


def test_long_hair_falls_down_beside_the_photo(landmarks: Landmarks) -> None:
    hair = 60 + 2 * (COLUMNS - 220) < ROWS  # on the right, from above the chin to the photo's lower end
    person = np.maximum(head(130, 110), (hair & (COLUMNS > 150)).astype(np.float32))
    beside = grown(person, landmarks)[:, -BY:] > 0.5
    starts = np.where(beside.any(0), beside.argmax(0), len(beside))
    assert beside[BY + SIDE - 60, :8].all()
    assert not beside[BY + SIDE - 60, -8:].any()  # it was so far down in the photo, and ends
    assert (np.diff(starts) >= 0).all()


def test_who_stands_free_stays_free(landmarks: Landmarks) -> None:
    assert grown(head(130, 130), landmarks)[:BY].max() == 0
