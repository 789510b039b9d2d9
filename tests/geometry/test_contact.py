"""Lips and lids against the opening that was asked for, measured on the points."""

import itertools

import numpy as np
import pytest

from headcast.geometry.contact import NEARLY_CLOSED, OPENINGS, RINGS, set_openings
from headcast.geometry.pose import Face, change_expression, fit_pose, measure_controls, remove_pose
from headcast.geometry.topology import OUTER_LIPS
from headcast.types import Landmarks


@pytest.fixture(scope="module", params=["smiling", "shouting", "sleeping"])
def person(request: pytest.FixtureRequest, face: Landmarks) -> Face:
    """The astronaut's face in its own frame, with three expressions to start from."""
    change = {
        "smiling": np.zeros(8),
        "shouting": 0.35 * np.eye(8)[0],
        "sleeping": -0.14 * (np.eye(8)[4] + np.eye(8)[5]),
    }
    return change_expression(remove_pose(face, fit_pose(face)), change[request.param])


def gaps(face: Face) -> list[np.ndarray]:
    """Distances between opposite points of lips, right and left lids."""
    return [np.linalg.norm(face[list(upper)] - face[list(lower)], axis=1) for upper, lower, _ in RINGS]


@pytest.mark.parametrize("asked", [(0.04, 0.04, 0.04), (0.1, 0.15, 0.08), (0.35, 0.2, 0.2)])
def test_lips_and_lids_open_as_wide_as_asked(person: Face, asked: tuple[float, float, float]) -> None:
    opened = measure_controls(set_openings(person, np.array(asked)))[list(OPENINGS)]
    np.testing.assert_allclose(opened, asked, atol=0.008)  # half a pixel of a 256 px frame


@pytest.mark.parametrize("asked", [0.0, -0.2])
def test_closed_means_that_every_pair_of_points_touches(person: Face, asked: float) -> None:
    closed = set_openings(person, np.full(3, asked))
    assert max(each.max() for each in gaps(closed)) < 1e-9


def test_closing_one_eye_leaves_the_other_and_the_mouth_alone(person: Face) -> None:
    before = measure_controls(person)[list(OPENINGS)]
    after = measure_controls(set_openings(person, before * (1, 0, 1)))[list(OPENINGS)]
    assert after[1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(after[[0, 2]], before[[0, 2]], atol=0.015)


def test_an_opening_that_shrinks_to_nothing_never_jumps(person: Face) -> None:
    """Nor opens again on its way: near closure pairs close in proportion, so that the last step is no step."""
    asked = np.linspace(2 * NEARLY_CLOSED, 0, 81)
    faces = [set_openings(person, np.full(3, opening)) for opening in asked]
    widths = np.array([[each.mean() for each in gaps(face)] for face in faces])
    assert (np.diff(widths, axis=0) <= 1e-9).all()
    steps = [np.abs(b - a).max() for a, b in itertools.pairwise(faces)]
    assert max(steps) < 8 * (asked[0] - asked[1])


def test_lips_never_cross(person: Face) -> None:
    for opening in (0.0, 0.01, 0.05, 0.3):
        opened = set_openings(person, np.full(3, opening))
        for upper, lower, _ in RINGS:
            assert (opened[list(lower), 1] - opened[list(upper), 1]).min() > -1e-9


def test_the_given_face_is_left_as_it_was(person: Face) -> None:
    before = person.copy()
    closed = set_openings(person, np.zeros(3))
    np.testing.assert_array_equal(person, before)
    assert np.abs(closed - person)[list(OUTER_LIPS)].max() > 0.01  # the lips move, not only their inner edge
