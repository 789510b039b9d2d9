"""Distances in spreads against distances known by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headcast.geometry.pose import rotation_matrix
from headcast.geometry.spreads import (
    CONTROL_SPREAD,
    ROTATION_SPREAD,
    controls_in_spreads,
    expression_distance,
    turn_distance,
    turn_in_spreads,
)


def test_an_expression_is_as_far_as_its_controls_have_spreads() -> None:
    face = np.linspace(0.1, 0.8, 8)
    other = face + CONTROL_SPREAD * [3, 0, 0, 0, -4, 0, 0, 0]
    assert expression_distance(other, face) == pytest.approx(5)
    np.testing.assert_allclose(expression_distance(np.stack([face, other]), face), [0, 5], atol=1e-12)
    np.testing.assert_allclose(controls_in_spreads(other) - controls_in_spreads(face), [3, 0, 0, 0, -4, 0, 0, 0])


def test_a_turn_is_as_far_as_the_angle_between_two_heads() -> None:
    head = Rotation.from_euler("xyz", [0.3, -0.2, 0.5]).as_matrix()
    turned = Rotation.from_rotvec([0, 0.6 * ROTATION_SPREAD, 0.8 * ROTATION_SPREAD]).as_matrix() @ head
    assert turn_distance(turned, head) == pytest.approx(1)
    np.testing.assert_allclose(turn_distance(np.stack([turned, head]), head), [1, 0], atol=1e-12)
    np.testing.assert_allclose(turn_in_spreads(turned @ head.T), [0, 0.6, 0.8], atol=1e-12)


def test_half_a_turn_is_no_rest() -> None:
    half = np.array([0.0, np.pi, 0.0])  # the sine of its angle is 0
    assert turn_distance(rotation_matrix(half), np.eye(3)) == pytest.approx(np.pi / ROTATION_SPREAD)
