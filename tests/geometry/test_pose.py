"""Pose and expression against faces whose pose and expression were set by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headcast.geometry.pose import (
    CONTROLS,
    Pose,
    apply_pose,
    change_expression,
    face_model,
    fit_pose,
    measure_controls,
    neutral_face,
    remove_pose,
    rotation_matrix,
    rotation_vector,
)
from headcast.geometry.spreads import CONTROL_SPREAD
from headcast.geometry.topology import MIRROR
from headcast.types import Landmarks

LIP_GAP = CONTROLS.index("lip_gap")
FLIP = np.array([-1, 1, 1])


def one_control(number: int, change: float) -> np.ndarray:
    return change * np.eye(len(CONTROLS))[number]


@pytest.mark.parametrize("turn", [(0, 0, 0), (0.3, 0, 0), (0, -0.7, 0), (0, 0, 2.5), (0.2, -0.4, 0.1)])
def test_a_known_rotation_scale_and_shift_is_found(turn: tuple[float, float, float]) -> None:
    known = Pose(rotation_matrix(np.array(turn)), 87.0, np.array([120.0, 99.0, 5.0]))
    found = fit_pose(apply_pose(face_model().mean, known))
    np.testing.assert_allclose(found.rotation, known.rotation, atol=1e-5)
    assert found.scale == pytest.approx(87.0, rel=1e-5)
    np.testing.assert_allclose(found.translation, known.translation, atol=1e-3)


def test_the_rotation_stays_a_rotation_even_for_a_mirrored_face(face: Landmarks) -> None:
    pose = fit_pose(face * FLIP.astype(np.float32))  # points not renamed: no face looks like that
    assert np.linalg.det(pose.rotation) == pytest.approx(1)


def test_pose_taken_off_and_put_back_changes_nothing(face: Landmarks) -> None:
    pose = fit_pose(face)
    np.testing.assert_allclose(apply_pose(remove_pose(face, pose), pose), face, atol=1e-3)


def test_without_its_pose_a_face_stands_upright_between_the_eyes(face: Landmarks) -> None:
    canonical = remove_pose(face, fit_pose(face))
    right, left = canonical[[33, 133]].mean(0), canonical[[362, 263]].mean(0)
    assert np.linalg.norm(left - right) == pytest.approx(1, abs=0.1)
    assert np.abs((left + right) / 2).max() < 0.15
    assert left[0] > 0.4  # the person's left is on the picture's right
    assert canonical[152, 1] > 1  # the chin is below
    assert canonical[4, 2] < canonical[[127, 356], 2].min() - 0.5  # the nose comes towards the camera


@pytest.mark.parametrize("number", range(len(CONTROLS)), ids=CONTROLS)
def test_expression_does_what_was_asked_and_leaves_the_pose_alone(face: Landmarks, number: int) -> None:
    pose = fit_pose(face)
    canonical = remove_pose(face, pose)
    change = one_control(number, 2 * CONTROL_SPREAD[number])
    changed = change_expression(canonical, change)
    np.testing.assert_allclose(measure_controls(changed) - measure_controls(canonical), change, atol=0.005)
    pose_now = fit_pose(apply_pose(changed, pose))
    assert np.linalg.norm(rotation_vector(pose_now.rotation @ pose.rotation.T)) < np.radians(0.1)
    assert pose_now.scale == pytest.approx(pose.scale, rel=0.002)
    assert np.linalg.norm(pose_now.translation - pose.translation) < 0.005 * pose.scale


def test_controls_do_not_depend_on_where_the_head_is_and_looks(face: Landmarks) -> None:
    canonical = remove_pose(face, fit_pose(face))
    elsewhere = apply_pose(canonical, Pose(rotation_matrix(np.array([0.2, 0.5, -0.3])), 20.0, np.array([7.0, 300, 0])))
    again = measure_controls(remove_pose(elsewhere, fit_pose(elsewhere)))
    np.testing.assert_allclose(again, measure_controls(canonical), atol=1e-4)


@pytest.mark.parametrize("gap", [0.0, 0.2, 0.4])
def test_the_neutral_face_of_an_open_mouth_is_closed(face: Landmarks, gap: float) -> None:
    canonical = remove_pose(face, fit_pose(face))
    opened = change_expression(canonical, one_control(LIP_GAP, gap - measure_controls(canonical)[LIP_GAP]))
    assert measure_controls(opened)[LIP_GAP] == pytest.approx(gap, abs=0.01)
    assert abs(measure_controls(neutral_face(opened))[LIP_GAP]) < 0.03


def test_a_mirrored_face_has_the_mirrored_pose_and_controls(face: Landmarks) -> None:
    pose, mirrored = fit_pose(face), face[MIRROR] * FLIP.astype(np.float32)
    mirrored_pose = fit_pose(mirrored)
    np.testing.assert_allclose(mirrored_pose.rotation, np.diag(FLIP) @ pose.rotation @ np.diag(FLIP), atol=1e-6)
    np.testing.assert_allclose(mirrored_pose.translation, FLIP * pose.translation, atol=1e-3)
    controls = dict(zip(CONTROLS, measure_controls(remove_pose(face, pose)), strict=True))
    controls["right_eye_opening"], controls["left_eye_opening"] = (
        controls["left_eye_opening"],
        controls["right_eye_opening"],
    )
    controls["gaze_x"] *= -1
    found = measure_controls(remove_pose(mirrored, mirrored_pose))
    np.testing.assert_allclose(found, list(controls.values()), atol=1e-5)


def test_the_face_model_favours_no_side() -> None:
    model = face_model()
    np.testing.assert_allclose(model.mean[MIRROR] * FLIP, model.mean, atol=1e-5)
    np.testing.assert_allclose(model.rigid_weights[MIRROR], model.rigid_weights, atol=1e-6)
    for mode, other, sign in ((0, 0, 1), (1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 5, 1), (6, 6, -1), (7, 7, 1)):
        np.testing.assert_allclose(model.modes[mode][MIRROR] * FLIP, sign * model.modes[other], atol=1e-5)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (500,), (2, 5)])
def test_rotations_are_scipys(shape: tuple[int, ...]) -> None:
    """Of every axis, up to half a turn; OpenCV takes a turn by less than 1e-5 rad for none."""
    random = np.random.default_rng(0)
    axes = random.normal(size=(*shape, 3))
    vectors = axes / np.linalg.norm(axes, axis=-1, keepdims=True) * random.uniform(0, np.pi, (*shape, 1))
    matrices = rotation_matrix(vectors)
    assert matrices.shape == (*shape, 3, 3)
    flat = vectors.reshape(-1, 3)
    np.testing.assert_allclose(matrices.reshape(-1, 3, 3), Rotation.from_rotvec(flat).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rotation_vector(matrices), vectors, atol=1e-5)
