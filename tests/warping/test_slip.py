"""How far the mesh misses: nothing at rest, alike for mirrored and turned pictures, bounded, and kept from lips."""

import numpy as np
import pytest

from headcast.geometry.pose import (
    Head,
    Pose,
    apply_pose,
    change_expression,
    fit_pose,
    head_of,
    measure_controls,
    remove_pose,
)
from headcast.geometry.pose import rotation_matrix as turned_by
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, NUM_FACE, RIGHT_EYE
from headcast.types import Landmarks, Shot
from headcast.warping.mesh import Mesh
from headcast.warping.slip import GRID_X, GRID_Y, MOST, Slip, change_features, face_shares, slip_model

SCALE = 60.0
MIRROR = np.array([-1.0, 1.0])
POINTS = np.random.default_rng(0).uniform((-1.5, -1.5), (1.5, 2.5), (50, 2))  # eye distances, around the head


def head(turn: tuple[float, float, float] = (0, 0, 0), **controls: float) -> Head:
    values = np.array([0.1, 0.8, 0.5, 0.3, 0.15, 0.15, 0.0, 0.0])
    for name, value in controls.items():
        values[["lip_gap", "mouth_width", "smile"].index(name)] = value
    return Head(Pose(turned_by(np.array(turn, np.float64)), SCALE, np.array([128.0, 110.0, 0.0])), values)


def slip(shot: Head, driving: Head, points: np.ndarray = POINTS) -> np.ndarray:
    """In eye distances, at points in eye distances from between the eyes."""
    places = points * SCALE + shot.pose.translation[:2]
    return Slip(shot, places, np.ones(len(points)))(driving) / SCALE


def test_the_shot_itself_does_not_slip() -> None:
    assert not slip(head((0.1, 0.4, 0.2)), head((0.1, 0.4, 0.2))).any()
    assert not change_features(head((0, 0.3, 0)), head((0, 0.3, 0))).any()


def test_a_turn_slips_by_a_few_hundredths_and_never_by_more_than_stated() -> None:
    lengths = np.linalg.norm(slip(head(), head((0, 0.4, 0))), axis=1)
    assert 0.01 < lengths.mean() < 0.1
    far = np.linalg.norm(slip(head(), head((0.6, 1.5, 0.5), lip_gap=2.0)), axis=1)
    assert far.max() <= MOST + 1e-9
    np.testing.assert_array_equal(slip(head(), head((0, 0.9, 0))), slip(head(), head((0, 1.4, 0))))  # as at 0.7


def test_a_mirrored_head_slips_as_in_a_mirror() -> None:
    expected = slip(head(), head((0.2, 0.4, 0.1), smile=0.3)) * MIRROR
    found = slip(head(), head((0.2, -0.4, -0.1), smile=0.3), POINTS * MIRROR)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_slip_lies_in_the_picture_as_the_head_does() -> None:
    """The same two heads, the picture turned by a quarter and half as large."""
    quarter = turned_by(np.array([0, 0, np.pi / 2]))

    def turn(one: Head) -> Head:
        pose = Pose(quarter @ one.pose.rotation, one.pose.scale / 2, quarter @ one.pose.translation / 2)
        return Head(pose, one.controls)

    shot, driving = head((0.05, 0.1, 0)), head((0.05, 0.35, 0), lip_gap=0.3)
    places = POINTS * SCALE + shot.pose.translation[:2]
    shares = np.ones(len(places))
    upright = Slip(shot, places, shares)(driving)
    lying = Slip(turn(shot), places @ quarter[:2, :2].T / 2, shares)(turn(driving))
    moved = np.linalg.norm(lying - upright @ quarter[:2, :2].T / 2, axis=1)
    assert moved.max() < 0.15 * np.linalg.norm(upright, axis=1).max()  # rotation vectors do not add up exactly


def test_lips_and_lids_lie_where_the_tracker_says(shot: Shot) -> None:
    assert not face_shares()[[*INNER_LIPS, *LEFT_EYE, *RIGHT_EYE]].any()
    assert face_shares()[10] == face_shares()[152] == 1  # forehead and chin
    pose = fit_pose(shot.landmarks)
    face = remove_pose(shot.landmarks, pose)
    place = shot.landmarks[:NUM_FACE, :2].astype(np.float64)
    talking = Head(pose, measure_controls(change_expression(face, np.array([0.3, 0, 0, 0.1, 0, 0, 0, 0]))))
    slips = Slip(Head(pose, measure_controls(face)), place, face_shares())(talking)
    assert not slips[list(INNER_LIPS)].any() and slips.any()


def test_the_mesh_slips_by_just_that(shot: Shot) -> None:
    """Where a pixel is taken from differs from the mesh's own answer by the slip there."""
    landmarks = _turned(shot.landmarks, 0.3)
    driving = head_of(landmarks)
    with_slip, without = (
        Mesh(shot.landmarks, 256, slips=on).grid(landmarks, driving).positions for on in (True, False)
    )
    place = shot.landmarks[[9], :2].astype(np.float64)  # between the brows, well inside of the face
    expected = Slip(head_of(shot.landmarks), place, face_shares()[[9]])(driving)[0]
    column, row = np.round(landmarks[9, :2]).astype(int)
    assert np.linalg.norm(expected) > 0.2
    np.testing.assert_allclose((with_slip - without)[row, column], expected, atol=0.15)


def test_the_model_that_comes_along_covers_the_grid() -> None:
    features = change_features(head(), head((0, 0.1, 0)))
    assert slip_model().shape == (len(features), len(GRID_X) * len(GRID_Y) * 2)
    assert np.isfinite(slip_model()).all()


def _turned(landmarks: Landmarks, yaw: float) -> Landmarks:
    pose = fit_pose(landmarks)
    turned = Pose(turned_by(np.array([0, yaw, 0])) @ pose.rotation, pose.scale, pose.translation)
    return apply_pose(remove_pose(landmarks, pose), turned)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_shares_hold_points_where_they_are(share: float) -> None:
    places = POINTS * SCALE + head().pose.translation[:2]
    whole, held = (Slip(head(), places, np.full(len(places), s))(head((0, 0.1, 0))) for s in (1.0, share))
    np.testing.assert_allclose(held, share * whole, atol=1e-6)
