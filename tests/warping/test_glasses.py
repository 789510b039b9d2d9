"""Glasses against what is known: they are rigid, lids behind them are not, and who wears none is left alone."""

import cv2
import numpy as np
import pytest

from headcast.geometry.contact import OPENINGS, set_openings
from headcast.geometry.pose import (
    Pose,
    apply_pose,
    change_expression,
    fit_pose,
    head_of,
    remove_pose,
    rotation_matrix,
)
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, LEFT_IRIS, NUM_FACE, RIGHT_EYE, RIGHT_IRIS
from headcast.media.portraits import read_portrait
from headcast.reenact.sitter import make_sitter
from headcast.types import Landmarks, Shot
from headcast.warping import warp
from headcast.warping.glasses import Glasses, covered_shares, slip_as_one, wears_glasses
from headcast.warping.mesh import Mesh
from headcast.warping.slip import Slip, face_shares
from headcast.warping.warp import Warper

UPPER_RIMS = (52, 53, 65, 222, 223, 224, 282, 283, 295, 442, 443, 444)  # between brows and lids, of the tracker's mesh
LOWER_RIMS = (117, 118, 119, 120, 346, 347, 348, 349)


@pytest.fixture(scope="module")
def wearer() -> Shot:
    """Grace Hopper, who wears glasses (US Navy, public domain)."""
    return make_sitter(read_portrait("hopper")).shot


def blinking(landmarks: Landmarks, turn: tuple[float, float, float] = (0, 0.15, 0.05)) -> Landmarks:
    """The same head a little turned and nearer, brows raised, lids shut."""
    pose = fit_pose(landmarks)
    face = change_expression(remove_pose(landmarks, pose), np.array([0, 0, 0.1, 0.15, 0, 0, 0, 0]))
    face = set_openings(face, np.array([0.1, 0, 0]))
    return apply_pose(face, Pose(rotation_matrix(np.array(turn)) @ pose.rotation, 1.05 * pose.scale, pose.translation))


def test_who_wears_glasses_is_seen(wearer: Shot, shot: Shot) -> None:
    assert wears_glasses(wearer.image, wearer.landmarks)
    assert not wears_glasses(shot.image, shot.landmarks)


def test_it_is_seen_in_a_mirror_too(wearer: Shot, shot: Shot) -> None:
    for one, worn in ((wearer, True), (shot, False)):
        mirrored = warp.mirror_shot(one)
        assert wears_glasses(mirrored.image, mirrored.landmarks) == worn


def test_drawn_rims_make_a_wearer(shot: Shot) -> None:
    """The same face, on which nothing but rims is drawn."""
    image, scale = shot.image.copy(), fit_pose(shot.landmarks).scale
    middles = [shot.landmarks[list(ring), :2].mean(0) for ring in (RIGHT_EYE, LEFT_EYE)]
    for middle in middles:
        place = np.round(middle + np.array([0, 0.1 * scale])).astype(int).tolist()
        cv2.ellipse(image, place, (round(0.37 * scale), round(0.31 * scale)), 0, 0, 360, (30, 20, 20), 3, cv2.LINE_AA)
    inner = np.round(middles + np.array([(0.37 * scale, 0), (-0.37 * scale, 0)])).astype(int).tolist()
    cv2.line(image, *inner, (30, 20, 20), 3)
    assert wears_glasses(image, shot.landmarks)


def test_shares_cover_rims_and_no_lids() -> None:
    shares = covered_shares()
    assert (shares[[*UPPER_RIMS, *LOWER_RIMS, 6, 168, 127, 356]] > 0.99).all()  # the bridge and the temples too
    assert not shares[[*RIGHT_EYE, *LEFT_EYE, *RIGHT_IRIS, *LEFT_IRIS, *INNER_LIPS, 10, 152]].any()
    assert shares.min() >= 0 and shares.max() <= 1


def test_rims_are_rigid_while_lids_shut(wearer: Shot) -> None:
    driven = blinking(wearer.landmarks, (0, 0, 0.1))
    head = head_of(driven)
    kept = Glasses(wearer.landmarks).keep_rigid(driven, head)
    rims = np.flatnonzero(covered_shares() == 1)
    assert set(LOWER_RIMS) <= set(rims.tolist())
    before, after, skin = (points[rims, :2].astype(np.float64) for points in (wearer.landmarks, kept, driven))
    ratio = head.pose.scale / fit_pose(wearer.landmarks).scale
    assert np.abs(distances(after) / ratio - distances(before)).max() < 1.5  # pixels of 140: they nod a little
    assert np.abs(distances(skin) / ratio - distances(before)).max() > 3  # which skin does not do
    lids = [*RIGHT_EYE, *LEFT_EYE, *RIGHT_IRIS, *LEFT_IRIS]
    np.testing.assert_array_equal(kept[lids], driven[lids])
    assert (head_of(kept).controls[list(OPENINGS[1:])] < 0.01).all()


def test_lenses_lie_before_the_skin(wearer: Shot) -> None:
    """Where a head turns they go farther to that side than the cheeks behind them; what rests on the nose does not."""
    pose = fit_pose(wearer.landmarks)
    turned = Pose(rotation_matrix(np.array([0, 0.3, 0])) @ pose.rotation, pose.scale, pose.translation)
    driven = apply_pose(remove_pose(wearer.landmarks, pose), turned)
    farther = (Glasses(wearer.landmarks).keep_rigid(driven, head_of(driven)) - driven)[:, :2]
    nearer = turned.rotation @ pose.rotation.T @ [0, 0, -1]  # where a point goes that lay nearer to the camera
    assert nearer[0] < -0.2
    assert (farther[list(LOWER_RIMS), 0] < -0.5).all()
    np.testing.assert_allclose(farther[[6, 127, 356]], 0, atol=0.05)


def test_a_wearer_at_rest_is_left_alone(wearer: Shot) -> None:
    kept = Glasses(wearer.landmarks).keep_rigid(wearer.landmarks, head_of(wearer.landmarks))
    np.testing.assert_allclose(kept, wearer.landmarks, atol=1e-3)


def test_the_picture_of_glasses_moves_as_one_piece(wearer: Shot) -> None:
    """Where the mesh takes rims from is a similarity, while brows rise and lids shut, the head's turn aside."""
    pose = fit_pose(wearer.landmarks)
    driven = blinking(wearer.landmarks, (0, 0, 0))
    head = head_of(driven)
    kept = Glasses(wearer.landmarks).keep_rigid(driven, head)
    positions = Mesh(wearer.landmarks, 256, glasses=True).grid(kept, head).positions
    places = apply_pose(remove_pose(wearer.landmarks, pose), head.pose)[[*UPPER_RIMS, *LOWER_RIMS], :2]
    columns, rows = np.round(places).astype(int).T
    whole = np.column_stack([columns, rows])
    expected = (whole - head.pose.translation[:2]) @ np.linalg.inv(head.pose.scale * head.pose.rotation[:2, :2]).T
    back = expected @ (pose.scale * pose.rotation[:2, :2]).T + pose.translation[:2]
    # what lies at its own depth is sheared by the little that a fitted pose turns when lids shut
    np.testing.assert_allclose(positions[rows, columns], back, atol=0.6)


def test_glasses_slip_as_one_piece(wearer: Shot) -> None:
    """What is learned of how skin slips bends no rims."""
    driving = head_of(blinking(wearer.landmarks, (0.1, 0.3, 0)))
    points = wearer.landmarks[:NUM_FACE, :2].astype(np.float64)
    rims = covered_shares()[:NUM_FACE] == 1
    as_one = slip_as_one(glasses=True, num_points=NUM_FACE)
    slips = Slip(head_of(wearer.landmarks), points, face_shares(), as_one)(driving)[rims]
    skin = Slip(head_of(wearer.landmarks), points, face_shares())(driving)[rims]
    assert bend(points[rims], slips) < 1e-6 < 0.05 < bend(points[rims], skin)
    assert np.linalg.norm(slips - skin, axis=1).mean() < 0.5 < np.linalg.norm(slips, axis=1).mean() + 0.4
    assert slip_as_one(glasses=False, num_points=NUM_FACE) is None


def test_without_glasses_no_pixel_changes(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not taken for a wearer is carried as if nobody had asked."""
    driven = blinking(shot.landmarks)
    asked = Warper(shot)(driven)
    monkeypatch.setattr(warp, "wears_glasses", lambda *_: False)
    unasked = Warper(shot)(driven)
    np.testing.assert_array_equal(asked.landmarks, unasked.landmarks)
    np.testing.assert_array_equal(asked.conditioning.warped, unasked.conditioning.warped)
    np.testing.assert_array_equal(asked.conditioning.maps, unasked.conditioning.maps)


def test_other_shots_wear_the_same_glasses(wearer: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second shot with raised brows: its own glasses lie where the first one's do, not where its brows are."""
    pose = fit_pose(wearer.landmarks)
    raised = apply_pose(
        change_expression(remove_pose(wearer.landmarks, pose), np.array([0, 0, 0, 0.15, 0, 0, 0, 0])), pose
    )
    shots = wearer, Shot(wearer.image, raised, wearer.matte)
    columns, rows = wearer.landmarks[list(UPPER_RIMS), :2].round().astype(int).T

    def changed() -> float:
        shown = Warper(shots[0], others=shots[1:])(raised).conditioning.warped
        return float(np.abs(shown.astype(int) - wearer.image)[rows, columns].mean())

    assert changed() < 5
    monkeypatch.setattr(warp, "wears_glasses", lambda image, landmarks: landmarks is wearer.landmarks)
    assert changed() > 10


def bend(before: np.ndarray, after: np.ndarray) -> float:
    """The mean distance of points from where the best affine map of their places before takes them."""
    across = np.column_stack([before, np.ones(len(before))])
    return float(np.linalg.norm(across @ np.linalg.lstsq(across, after, rcond=None)[0] - after, axis=1).mean())


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points, axis=-1)
