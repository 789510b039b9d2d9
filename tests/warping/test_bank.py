"""Several shots in one warped face: the right pixels in the right place, no ghost, no pop."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import Pose, apply_pose, fit_pose, remove_pose, rotation_matrix
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.geometry.topology import FACE_OVAL, INNER_LIPS, OUTER_LIPS
from headcast.types import CONDITIONING_MAPS, Landmarks, Shot
from headcast.warping.light import in_light_of
from headcast.warping.warp import WarpedShot, Warper

VALIDITY, CHANGE, MATTE = (CONDITIONING_MAPS.index(name) for name in ("validity", "opening_change", "matte"))


def opened(shot: Shot, openings: tuple[float, float, float]) -> Landmarks:
    pose = fit_pose(shot.landmarks)
    return apply_pose(set_openings(remove_pose(shot.landmarks, pose), np.array(openings)), pose)


def moved(shot: Shot, landmarks: Landmarks) -> Shot:
    """Another shot of the same person: the first one carried to other landmarks."""
    return Shot(Warper(shot)(landmarks).conditioning.warped, landmarks, shot.matte)


def area(landmarks: Landmarks, ring: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros((256, 256), np.uint8)
    cv2.fillPoly(mask, [np.round(landmarks[list(ring), :2]).astype(np.int32)], (1,))
    return mask > 0


def difference(result: WarpedShot, shot: Shot, where: np.ndarray) -> float:
    return float(np.abs(result.conditioning.warped.astype(float) - shot.image)[where].mean())


@pytest.fixture(scope="module")
def closed(shot: Shot) -> Shot:
    """The astronaut with her lips closed: her teeth are not in this picture."""
    return moved(shot, opened(shot, (0, 0.15, 0.15)))


@pytest.fixture(scope="module")
def both(closed: Shot, shot: Shot) -> Warper:
    return Warper(closed, others=[shot])


def test_a_smile_that_another_shot_shows_is_shown(closed: Shot, shot: Shot, both: Warper) -> None:
    alone, together = Warper(closed)(shot.landmarks), both(shot.landmarks)
    lips, teeth = area(shot.landmarks, OUTER_LIPS), area(shot.landmarks, INNER_LIPS)
    assert difference(together, shot, lips) < 5 < 0.5 * difference(alone, shot, lips)
    assert together.conditioning.maps[teeth, VALIDITY].mean() > 0.8
    assert alone.conditioning.maps[teeth, VALIDITY].mean() < 0.3
    change = together.conditioning.maps[teeth, CHANGE].mean()  # what is shown is as open as what is asked for
    assert abs(change - 0.5) < 0.05 < abs(alone.conditioning.maps[teeth, CHANGE].mean() - 0.5)


def test_a_shot_that_is_left_out_is_not_shown(closed: Shot, shot: Shot, both: Warper) -> None:
    alone, without = Warper(closed)(shot.landmarks), both(shot.landmarks, without=1)
    assert np.abs(alone.conditioning.warped.astype(int) - without.conditioning.warped).mean() < 0.3


def test_outside_of_the_face_a_shot_of_another_day_shows_nothing(closed: Shot, shot: Shot) -> None:
    outside = ~area(shot.landmarks, FACE_OVAL)
    image = np.where(
        cv2.dilate(outside.astype(np.uint8), np.ones((9, 9)))[:, :, None] > 0, 255 - shot.image, shot.image
    )
    alone = Warper(closed)(shot.landmarks).conditioning
    together = Warper(closed, others=[Shot(image, shot.landmarks, shot.matte)])(shot.landmarks).conditioning
    np.testing.assert_array_equal(together.warped[outside], alone.warped[outside])
    np.testing.assert_array_equal(together.maps[outside, VALIDITY], alone.maps[outside, VALIDITY])


def test_shots_of_one_take_show_hair_and_body_in_the_pose_that_is_nearer(shot: Shot) -> None:
    """A spot in the hair that only the turned shot has: shown when turned, not at rest."""
    pose = fit_pose(shot.landmarks)
    face = remove_pose(shot.landmarks, pose)
    turned_pose = Pose(rotation_matrix(np.array([0, 0.2, 0])) @ pose.rotation, pose.scale, pose.translation)
    turned = moved(shot, apply_pose(face, turned_pose))
    spot = (slice(20, 32), slice(120, 132))
    turned.image[spot] = 255
    warper = Warper(shot, others=[turned])
    at_rest, then = (
        warper(landmarks).conditioning.warped[spot].mean() for landmarks in (shot.landmarks, turned.landmarks)
    )
    assert at_rest < shot.image[spot].mean() + 25
    assert then > 225
    without = warper(turned.landmarks, without=1).conditioning.warped[spot].mean()
    assert without < 180


def test_what_one_shot_hides_another_of_the_take_shows(shot: Shot) -> None:
    """Where neither guess nor warp of the anchor can be trusted, the nearer shot's own pixels are."""
    pose = fit_pose(shot.landmarks)
    face = remove_pose(shot.landmarks, pose)
    far = Pose(rotation_matrix(np.array([0, 0.35, 0])) @ pose.rotation, pose.scale, pose.translation)
    turned = moved(shot, apply_pose(face, far))
    alone = Warper(shot)(turned.landmarks)
    guessed = (alone.conditioning.maps[:, :, VALIDITY] < 0.3) & (alone.conditioning.maps[:, :, MATTE] > 0.9)
    assert guessed.sum() > 50
    turned.image[guessed] = 255 - turned.image[guessed]
    together = Warper(shot, others=[turned])(turned.landmarks)
    gained = together.conditioning.maps[:, :, VALIDITY] - alone.conditioning.maps[:, :, VALIDITY]
    assert gained[guessed].mean() > 0.2
    assert difference(together, turned, guessed) < 0.5 * difference(alone, turned, guessed)


def test_at_its_own_expression_the_anchor_is_itself(closed: Shot, both: Warper) -> None:
    face = area(closed.landmarks, FACE_OVAL)
    assert difference(both(closed.landmarks), closed, face) < 2.5


def test_finer_detail_is_not_taken_from_lips_that_are_not_shown(shot: Shot, closed: Shot, both: Warper) -> None:
    lips = area(shot.landmarks, OUTER_LIPS) & ~area(shot.landmarks, INNER_LIPS)
    assert both(shot.landmarks).carried[lips].mean() < 0.3 * Warper(closed)(shot.landmarks).carried[lips].mean()


def test_equal_shots_make_no_ghost(shot: Shot) -> None:
    wanted = opened(shot, (0.3, 0.1, 0.1))
    alone, many = Warper(shot)(wanted).conditioning.warped, Warper(shot, others=[shot] * 4)(wanted).conditioning.warped
    step = np.abs(alone.astype(float) - many)
    assert step.mean() < 0.3
    assert np.percentile(step, 99) < 8  # triangles' edges, half a pixel apart


def test_another_light_is_made_the_anchors(shot: Shot) -> None:
    shade = np.linspace(0.6, 0.9, 256)[:, None, None] * (1.0, 0.9, 0.8)  # darker, redder, darkest at the top
    dark = Shot((shot.image * shade).astype(np.uint8), shot.landmarks, shot.matte)
    cheeks = area(shot.landmarks, FACE_OVAL).astype(np.float32)
    relit = in_light_of(dark, shot.image, cheeks)
    inside = cv2.erode(cheeks, np.ones((15, 15))) > 0
    before = np.abs(dark.image.astype(float) - shot.image)[inside].mean()
    after = np.abs(relit.image.astype(float) - shot.image)[inside].mean()
    assert after < 0.2 * before
    same = in_light_of(shot, shot.image, cheeks)
    np.testing.assert_array_equal(same.image, shot.image)


def test_nothing_pops_while_shots_take_turns(shot: Shot, closed: Shot) -> None:
    wide, asleep = (moved(shot, opened(shot, each)) for each in ((0.35, 0.15, 0.15), (0.02, 0.0, 0.0)))
    warpers = (Warper(closed), Warper(closed, others=[shot, wide, asleep, moved(shot, opened(shot, (0.2, 0.1, 0.1)))]))
    driving = builtin_motion("talk", seconds=1.0, rate=Fraction(30)).landmarks
    retarget = Retargeter(closed.landmarks, find_reference(list(driving), closed.landmarks, relative=True))
    lips = area(closed.landmarks, OUTER_LIPS)
    largest = []
    for warper in warpers:
        frames = [warper(retarget(landmarks)).conditioning.warped[lips].astype(float) for landmarks in driving]
        largest.append(max(np.abs(now - before).mean() for before, now in pairwise(frames)))
    assert largest[1] < 1.3 * largest[0]


def test_a_face_that_trembles_between_two_shots_is_shown_by_one(shot: Shot, closed: Shot) -> None:
    halfway = (shot.landmarks + closed.landmarks) / 2
    step = 0.03 * (shot.landmarks - closed.landmarks)
    spans = []
    for follows in (False, True):
        warper = Warper(closed, others=[shot], follows=follows)
        shares = [warper(halfway + sign * step).turns["mouth"][1] for sign in (-1, 1, -1, 1)]
        spans.append(np.ptp(shares))
    assert spans[1] < 0.5 * spans[0]
