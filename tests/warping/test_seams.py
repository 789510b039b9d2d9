"""The lines where lips and lids meet: where they belong, dark, and only where the photo lacks them."""

import numpy as np
import pytest

from headcast.geometry.contact import set_openings
from headcast.geometry.pose import Face, Pose, apply_pose, fit_pose, measure_controls, remove_pose
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, RIGHT_EYE
from headcast.types import Landmarks, Shot
from headcast.warping.seams import lash_line, lip_seam


@pytest.fixture(scope="module")
def pose(shot: Shot) -> Pose:
    return fit_pose(shot.landmarks)


@pytest.fixture(scope="module")
def closed(shot: Shot, pose: Pose) -> Landmarks:
    """The astronaut, who smiles with her lips apart, with lips and lids closed."""
    face: Face = remove_pose(shot.landmarks, pose)
    return apply_pose(set_openings(face, np.zeros(3)), pose)


def test_lips_that_meet_show_a_dark_line_from_corner_to_corner(shot: Shot, closed: Landmarks) -> None:
    seam = lip_seam(shot.image, shot.landmarks)(closed)
    lips = closed[list(INNER_LIPS), :2]
    rows, columns = np.nonzero(seam.inside > 0.5)
    assert np.ptp(columns) == pytest.approx(np.ptp(lips[:, 0]), abs=2)
    middle = closed[[13, 14], :2].mean(0) - (seam.left, seam.top)
    assert abs(rows[np.abs(columns - middle[0]) < 3].mean() - middle[1]) < 1
    x, y = np.round(closed[17, :2]).astype(int)  # the lower lip's edge
    assert seam.colour.mean() < 0.7 * shot.image[y, x].mean()


@pytest.mark.parametrize("left", [False, True])
def test_shut_lids_show_their_lashes(shot: Shot, closed: Landmarks, left: bool) -> None:
    lashes = lash_line(shot.image, shot.landmarks, left=left)(closed)
    ring = closed[list(LEFT_EYE if left else RIGHT_EYE), :2] - (lashes.left, lashes.top)
    outer, inner = (lashes.inside[round(float(y)), round(float(x))] for x, y in (ring[2], ring[8]))
    assert outer > 0.5 and inner < 0.1  # none grow at the inner corner
    assert lashes.colour.mean() < 0.6 * shot.image[100:140, 100:150].mean()


def test_what_is_open_or_shown_by_the_photo_gets_no_line(shot: Shot, closed: Landmarks) -> None:
    seams = [lip_seam, *(lambda *photo, left=left: lash_line(*photo, left=left) for left in (False, True))]
    for seam in seams:
        assert seam(shot.image, shot.landmarks)(shot.landmarks).inside.max() == 0
        assert seam(shot.image, closed)(closed).inside.max() == 0
        assert seam(shot.image, shot.landmarks)(closed).inside.max() > 0.8


def test_lines_come_in_gently(shot: Shot, pose: Pose) -> None:
    face = remove_pose(shot.landmarks, pose)
    openings = np.maximum(measure_controls(face)[[0, 4, 5]], 0)
    places = [apply_pose(set_openings(face, share * openings), pose) for share in np.linspace(1, 0, 60)]
    seams = [lip_seam(shot.image, shot.landmarks), lash_line(shot.image, shot.landmarks, left=True)]
    for seam in seams:
        strength = np.array([seam(place).inside.max() for place in places])
        assert (np.diff(strength) > -0.1).all() and np.abs(np.diff(strength)).max() < 0.3
