"""Weights of shots: few, fair and without jumps."""

import numpy as np
import pytest

from headcast.geometry.nearest import (
    EYE_CONTROLS,
    MOST_BLENDED,
    MOUTH_CONTROLS,
    SKIN_CONTROLS,
    STAYS,
    NearestFaces,
    Turns,
    behind_for_blur,
    blend_weights,
)
from headcast.geometry.pose import CONTROLS, Head, Pose, rotation_matrix, rotation_vector
from headcast.geometry.spreads import CONTROL_SPREAD, ROTATION_SPREAD


def face(yaw: float = 0.0, **changes: float) -> Head:
    controls = np.zeros(len(CONTROLS))
    for name, spreads in changes.items():
        controls[CONTROLS.index(name)] = spreads * CONTROL_SPREAD[CONTROLS.index(name)]
    return Head(Pose(rotation_matrix(np.array([0.0, yaw, 0.0])), 50.0, np.zeros(3)), controls)


def test_at_most_three_count_and_their_shares_are_those_of_the_kernel() -> None:
    weights = blend_weights(np.array([0.3, 0.8, 9.0, 1.3, 0.3]) / 0.5)
    assert weights.sum() == pytest.approx(1.0)
    assert np.count_nonzero(weights) == MOST_BLENDED
    fourth = np.exp(-(1.0**2) / 0.5)  # 1.3 lies 1.0 behind the nearest, two reaches
    second = np.exp(-(0.5**2) / 0.5) - fourth
    total = 2 * (1 - fourth) + second
    np.testing.assert_allclose(weights, [(1 - fourth) / total, second / total, 0, 0, (1 - fourth) / total])


def test_one_shot_has_all_the_weight_and_equal_ones_share_it() -> None:
    assert blend_weights(np.array([7.0])).tolist() == [1.0]
    np.testing.assert_allclose(blend_weights(np.full(6, 2.0)), 1 / 6)


def test_weights_never_jump() -> None:
    random = np.random.default_rng(1)
    starts, ends = random.uniform(0, 4, (2, 200, 32))
    for share in np.linspace(0, 1, 11):
        distances = starts + share * (ends - starts)
        for row, step in zip(distances, random.choice([-1e-4, 1e-4], distances.shape), strict=True):
            assert np.abs(blend_weights(2 * (row + step)) - blend_weights(2 * row)).max() < 0.01


def test_the_nearest_in_expression_and_pose_counts_most() -> None:
    faces = [face(), face(lip_gap=3), face(yaw=0.5), face(gaze_x=3)]
    skin, mouths, eyes = (NearestFaces(faces, each, 0.5) for each in (SKIN_CONTROLS, MOUTH_CONTROLS, EYE_CONTROLS))
    assert skin(face(lip_gap=2.5)).argmax() == mouths(face(lip_gap=2.5)).argmax() == 1
    assert skin(face(yaw=0.4)).argmax() == mouths(face(yaw=0.4)).argmax() == eyes(face(yaw=0.4)).argmax() == 2
    assert eyes(face(gaze_x=2.5)).argmax() == 3
    weights = mouths(face(gaze_x=2.5))
    assert weights[0] == pytest.approx(weights[3]) and weights[0] > 0.49  # mouths do not ask where the eyes look


def test_one_that_is_left_out_does_not_count() -> None:
    near = NearestFaces([face(), face(lip_gap=1), face(lip_gap=2)], MOUTH_CONTROLS, 0.5)
    weights = near(face(), without=0)
    assert weights[0] == 0 and weights.argmax() == 1 and weights.sum() == pytest.approx(1.0)


def test_the_first_gives_way_to_a_shot_that_is_nearer_by_the_lead() -> None:
    turned = rotation_vector(face(yaw=0.3).pose.rotation) / ROTATION_SPREAD
    away = float(np.linalg.norm(turned))  # spreads between the two shots
    near = NearestFaces([face(), face(yaw=0.3)], (), 0.1, [0, 0.5 * away])
    evens = 0.3 * 0.75  # a quarter of the way from the second, three quarters from the first: the lead makes them even
    np.testing.assert_allclose(near(face(yaw=evens)), 0.5, atol=1e-6)
    assert near(face(yaw=evens - 0.1)).argmax() == 0 and near(face(yaw=evens + 0.05)).argmax() == 1


def test_a_blurred_shot_stands_behind_the_sharp_ones() -> None:
    assert behind_for_blur([200.0, 190.0, 210.0, 180.0]) == [0, 0, 0, 0]  # all within a fifth
    assert behind_for_blur([200.0, 200.0, 40.0, None]) == pytest.approx([0, 0, 8, 0])  # 160 halved twice
    assert behind_for_blur([None, None]) == [0, 0]
    near = NearestFaces([face(), face(lip_gap=1)], MOUTH_CONTROLS, 0.4, [0, 4])
    assert near(face(lip_gap=1)).argmax() == 0


def test_on_a_calm_face_shots_do_not_take_turns() -> None:
    shots = [face(), face(lip_gap=1)]
    near, turns = NearestFaces(shots, MOUTH_CONTROLS, 0.05), Turns(NearestFaces(shots, MOUTH_CONTROLS, 0.05))
    gaps = [0.45, 0.5 + 0.3 * STAYS, 0.45, 0.5 + 0.3 * STAYS, 0.5 + 0.3 * STAYS]  # as a tracker trembles
    apart, followed = (np.array([each(face(lip_gap=gap))[1] for gap in gaps]) for each in (near, turns))
    assert np.ptp(apart) > 0.5 and np.ptp(followed) < 0.1
    assert followed[-1] == followed[-2]  # a face that stands still keeps its picture


def test_a_shot_gives_way_while_the_face_moves_and_at_once_where_it_leaps() -> None:
    shots = [face(), face(lip_gap=4)]
    turns = Turns(NearestFaces(shots, MOUTH_CONTROLS, 0.4))
    weights = np.array([turns(face(lip_gap=gap))[1] for gap in np.linspace(0, 4, 41)])
    assert (
        weights[0] < 0.01 and weights[-1] > 0.7 and (np.diff(weights) > -1e-9).all() and np.diff(weights).max() < 0.15
    )
    leap = Turns(NearestFaces(shots, MOUTH_CONTROLS, 0.4))
    assert leap(face())[1] < 0.01 and leap(face(lip_gap=4))[1] > 0.99


def test_a_frame_apart_changes_no_turns() -> None:
    turns = Turns(NearestFaces([face(), face(lip_gap=4)], MOUTH_CONTROLS, 0.4))
    before = turns(face())
    assert turns(face(lip_gap=4), without=0).tolist() == [0, 1]
    np.testing.assert_array_equal(turns(face()), before)
