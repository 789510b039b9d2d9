"""The sampling grid against moves whose answer is known, and against folds."""

import cv2
import numpy as np
import pytest

from headcast.geometry.contact import set_openings
from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import (
    Pose,
    apply_pose,
    change_expression,
    fit_pose,
    head_of,
    measure_controls,
    remove_pose,
    rotation_matrix,
)
from headcast.geometry.spreads import CONTROL_SPREAD
from headcast.geometry.topology import FACE_OVAL, INNER_LIPS, LEFT_EYE, RIGHT_EYE
from headcast.pixels.sampling import sample
from headcast.types import Landmarks, Mask, Shot
from headcast.warping.edges import PhotoEdges
from headcast.warping.interior import polygon_mask
from headcast.warping.mesh import Mesh, SamplingGrid, head_follow

SIZE = 256


def identity() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1).astype(np.float32)


def grid(mesh: Mesh, landmarks: Landmarks) -> SamplingGrid:
    return mesh.grid(landmarks, head_of(landmarks))


def within(landmarks: Landmarks, ring: tuple[int, ...] = FACE_OVAL) -> Mask:
    return polygon_mask(landmarks[list(ring), :2], 0, 0, SIZE, SIZE)


def skin(landmarks: Landmarks) -> np.ndarray:
    """Where the face surely is, without mouth and eyes, which the mesh leaves open."""
    holes = sum(within(landmarks, ring) for ring in (INNER_LIPS, LEFT_EYE, RIGHT_EYE))
    return (within(landmarks) > 0.999) & (holes == 0)


def moved(landmarks: Landmarks, turn: tuple[float, float, float], expression: np.ndarray | None = None) -> Landmarks:
    """The same head turned by a rotation vector, with another expression."""
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    if expression is not None:
        face = change_expression(face, expression)
        face = set_openings(face, measure_controls(face)[[0, 4, 5]])
    return apply_pose(face, Pose(rotation_matrix(np.array(turn)) @ pose.rotation, pose.scale, pose.translation))


@pytest.fixture(scope="module")
def mesh(shot: Shot) -> Mesh:
    return Mesh(shot.landmarks, SIZE)


@pytest.mark.parametrize("turn", [(0.3, 0, 0), (0, 0.5, 0), (0, -0.55, 0.1), (-0.25, 0.3, 0)])
def test_a_turned_face_shows_no_more_than_the_face(mesh: Mesh, shot: Shot, turn) -> None:
    """Triangles seen from their edge must not reach into hair and background."""
    result = grid(mesh, moved(shot.landmarks, turn))
    on_face = result.triangles >= 0
    places = result.positions[on_face].astype(float).tolist()
    distance = np.array([cv2.pointPolygonTest(outline(shot), place, measureDist=True) for place in places])
    assert distance.min() > -8


def outline(shot: Shot) -> np.ndarray:
    return shot.landmarks[list(FACE_OVAL), :2].astype(np.float32)


def test_at_rest_every_pixel_stays_where_it_is(mesh: Mesh, shot: Shot) -> None:
    positions = grid(mesh, shot.landmarks).positions
    hole = positions[:, :, 0] < -SIZE  # between lips and lids there is no skin
    assert np.abs(positions - identity())[~hole].max() < 1e-3
    openings = sum(within(shot.landmarks, ring) for ring in (INNER_LIPS, LEFT_EYE, RIGHT_EYE))
    assert not hole[openings == 0].any()


@pytest.mark.parametrize("shift", [(7, -4), (-10, 3), (0.5, 0.25)])
def test_a_shifted_face_takes_its_pixels_along(mesh: Mesh, shot: Shot, shift: tuple[float, float]) -> None:
    landmarks = shot.landmarks + np.array([*shift, 0], np.float32)
    positions = grid(mesh, landmarks).positions
    np.testing.assert_allclose((identity() - positions)[skin(landmarks)], [shift] * skin(landmarks).sum(), atol=1e-2)


def test_without_slip_landmarks_are_carried_onto_landmarks(shot: Shot) -> None:
    landmarks = moved(shot.landmarks, (0.05, 0.2, 0.1), 1.5 * CONTROL_SPREAD)
    positions = grid(Mesh(shot.landmarks, SIZE, slips=False), landmarks).positions
    cheeks = [50, 101, 118, 280, 330, 347, 9, 151, 5, 199]  # surely seen from the front, away from any opening
    x, y = landmarks[cheeks, 0], landmarks[cheeks, 1]
    found = sample(positions, np.stack([x, y], -1)[None].astype(np.float32))[0]
    np.testing.assert_allclose(found, shot.landmarks[cheeks, :2], atol=0.5)


def test_what_can_be_trusted_is_never_folded(mesh: Mesh, shot: Shot) -> None:
    """Where four neighbouring pixels lie in one triangle, finite differences are exact."""
    random = np.random.default_rng(0)
    for _ in range(25):
        turn = random.uniform(-1, 1, 3)
        turn *= random.uniform(0, 0.6) / np.linalg.norm(turn)
        landmarks = moved(shot.landmarks, turn, random.normal(0, 2, 8) * CONTROL_SPREAD)
        landmarks += np.array([*random.uniform(-20, 20, 2), 0], np.float32)
        result = grid(mesh, landmarks)
        places = result.positions.astype(np.float64)
        origin, right, below = places[:-1, :-1], places[:-1, 1:], places[1:, :-1]
        across, down = right - origin, below - origin
        area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
        smooth = np.abs(places[1:, 1:] - right - below + origin).max(-1) < 1e-3
        assert smooth.mean() > 0.4  # elsewhere it is spread
        trusted = result.trusted[:-1, :-1] > 0.5  # less is mixed with what lies beside the face
        assert area[smooth & trusted & (origin[..., 0] > -SIZE)].min() > 0
        assert (area[smooth & ~trusted] < 0).sum() < 0.02 * skin(landmarks).sum()


def test_a_pinned_side_does_not_move_and_a_free_one_does(shot: Shot) -> None:
    landmarks = shot.landmarks + np.array([8, -5, 0], np.float32)
    edges = {"left": np.s_[:, 0], "top": np.s_[0], "right": np.s_[:, -1], "bottom": np.s_[-1]}
    for number, name in enumerate(edges):
        pinned = tuple(side == number for side in range(4))
        change = np.abs(grid(Mesh(shot.landmarks, SIZE, PhotoEdges(pinned)), landmarks).positions - identity()).max(-1)
        assert change[edges[name]].max() < 0.6, name
        assert max(change[edge].max() for edge in edges.values()) > 2, name


def test_what_the_shot_shows_from_behind_is_not_trusted(shot: Shot) -> None:
    """A head turned by 0.8 rad hides one cheek; turned back to the camera, that cheek is a guess."""
    turned = moved(shot.landmarks, (0, 0.8, 0))
    nose_x = shot.landmarks[4, 0]
    right_side = np.broadcast_to(np.arange(SIZE) > nose_x, (SIZE, SIZE))
    for landmarks, hidden in ((turned, ~right_side), (moved(shot.landmarks, (0, -0.8, 0)), right_side)):
        trusted = grid(Mesh(landmarks, SIZE), shot.landmarks).trusted
        face = skin(shot.landmarks)
        assert trusted[face & ~hidden].mean() > 0.9
        assert trusted[face & hidden].mean() < 0.6
        assert trusted[face].min() == 0


@pytest.mark.parametrize(("turn", "beside"), [(0.35, (234, -1)), (-0.35, (454, 1))])
def test_what_stands_beside_a_cheek_that_the_shot_hides_stays_there(shot: Shot, turn: float, beside) -> None:
    """Hair at the outline of a head turned aside is no ear: a turn back moves it along with the cheek, not off it."""
    aside = moved(shot.landmarks, (0, turn, 0))
    cheek, outwards = beside
    result = grid(Mesh(aside, SIZE), shot.landmarks)
    away = 0.3 * fit_pose(aside).scale  # pixels beside the cheek, in the shot
    hair = aside[cheek, :2] + np.array([outwards * away, 0])
    now = np.unravel_index(np.linalg.norm(result.positions - hair, axis=2).argmin(), (SIZE, SIZE))
    assert abs(now[1] - shot.landmarks[cheek, 0]) < 1.25 * away


def test_the_farther_from_the_head_the_less_a_place_moves(shot: Shot) -> None:
    pose = fit_pose(shot.landmarks)
    away = np.linspace(0, 4, 30)[:, None] * pose.scale
    centre = apply_pose(np.array([[0, 0.45, 0]]), pose)[0, :2]
    for direction in ((1, 0), (-1, 0), (0, -1), (0, 1)):
        follow = head_follow(centre + away * direction, pose)
        assert follow[0] == 1
        assert follow[-1] < 0.11
        assert (np.diff(follow) <= 1e-12).all()


def test_smoothstep_meets_its_ends_and_its_middle() -> None:
    np.testing.assert_allclose(smoothstep(np.array([-9, 2, 3, 4, 9.0]), 2, 4), [0, 0, 0.5, 1, 1])


def test_sampling_reads_between_pixels_and_nothing_beyond_the_frame() -> None:
    ramp = np.arange(20, dtype=np.float32).reshape(4, 5)
    places = np.array([[[1.5, 2.0], [1.0, 2.5], [-50.0, 0.0]]], np.float32)
    np.testing.assert_allclose(sample(ramp, places), [[11.5, 13.5, 0.0]])


def test_the_outline_of_a_raised_face_is_not_dotted(mesh: Mesh, shot: Shot) -> None:
    """Beside a face that moved, a pixel shows what lies beside what its neighbours show."""
    shown = grid(mesh, moved(shot.landmarks, (-0.4, 0.0, 0.0)))
    face = shown.triangles >= 0
    beside = (cv2.dilate(face.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~face
    beside &= cv2.blur(shown.torn, (5, 5)) == 0
    stands_out = np.abs(shown.positions - cv2.medianBlur(shown.positions, 5)).max(2)
    assert beside.sum() > 500
    assert np.percentile(stands_out[beside], 90) < 0.2  # 0.32 where distances decided alone
