"""The inside of mouth and eyes against areas, against the photo itself and against what a mouth looks like."""

import numpy as np
import pytest

from headcast.geometry.contact import set_openings
from headcast.geometry.pose import (
    Face,
    Pose,
    apply_pose,
    fit_pose,
    measure_controls,
    remove_pose,
    rotation_matrix,
)
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from headcast.types import Image, Landmarks, Shot
from headcast.warping.interior import TEETH_DEPTH, Eye, Mouth, draw_teeth, draw_tongue, mouth_patch
from headcast.warping.patch import Patch

SKIN = np.array([200.0, 160.0, 140.0])


def area(points: np.ndarray) -> float:
    """Shoelace formula."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@pytest.fixture(scope="module")
def pose(shot: Shot) -> Pose:
    return fit_pose(shot.landmarks)


@pytest.fixture(scope="module")
def canonical(shot: Shot, pose: Pose) -> Face:
    """The astronaut, smiling with teeth, in the canonical frame."""
    return remove_pose(shot.landmarks, pose)


def with_mouth(face: Face, gap: float) -> Face:
    return set_openings(face, np.array([gap, *measure_controls(face)[4:6]]))


def mouth_of(image: Image, face: Face, pose: Pose) -> Mouth:
    return Mouth(image, apply_pose(face, pose), face, pose, SKIN)


def patch_of(mouth: Mouth, landmarks: Landmarks, face: Face, pose: Pose) -> Patch:
    return mouth_patch([mouth], [1.0], mouth.draw(landmarks, face, pose), pose)


def test_closed_lips_show_no_inside(shot: Shot, canonical: Face, pose: Pose) -> None:
    closed = with_mouth(canonical, 0.0)
    patch = patch_of(mouth_of(shot.image, canonical, pose), apply_pose(closed, pose), closed, pose)
    assert patch.inside.max() == 0


@pytest.mark.parametrize("gap", [0.15, 0.3, 0.5])
def test_an_open_mouth_covers_the_area_between_the_lips(shot: Shot, canonical: Face, pose: Pose, gap: float) -> None:
    opened = with_mouth(canonical, gap)
    landmarks = apply_pose(opened, pose)
    patch = patch_of(mouth_of(shot.image, canonical, pose), landmarks, opened, pose)
    assert patch.inside.sum() == pytest.approx(area(landmarks[list(INNER_LIPS), :2]), rel=0.1)
    assert patch.inside.shape == patch.shown.shape == patch.colour.shape[:2]


def test_a_photo_with_closed_lips_shows_nothing_of_its_mouth(shot: Shot, canonical: Face, pose: Pose) -> None:
    opened = with_mouth(canonical, 0.35)
    landmarks = apply_pose(opened, pose)
    assert patch_of(mouth_of(shot.image, with_mouth(canonical, 0.0), pose), landmarks, opened, pose).shown.max() == 0
    assert patch_of(mouth_of(shot.image, canonical, pose), landmarks, opened, pose).shown.max() == 1  # the smile does


def test_where_a_photo_ends_a_blend_fades_as_softly_as_one_alone(shot: Shot, canonical: Face, pose: Pose) -> None:
    opened = with_mouth(canonical, 0.35)
    mouth = mouth_of(shot.image, canonical, pose)
    drawn = mouth.draw(apply_pose(opened, pose), opened, pose)
    alone = mouth_patch([mouth], [1.0], drawn, pose)
    blend = mouth_patch([mouth, mouth], [0.6, 0.4], drawn, pose, [1.0, 1.0])
    assert ((alone.shown > 0.2) & (alone.shown < 0.8)).any()  # it ends within the opening
    np.testing.assert_allclose(blend.shown, alone.shown, atol=1e-5)
    np.testing.assert_allclose(blend.colour, alone.colour, atol=0.01)


def test_teeth_in_the_photo_stay_where_they_are(shot: Shot, canonical: Face, pose: Pose) -> None:
    patch = patch_of(mouth_of(shot.image, canonical, pose), shot.landmarks, canonical, pose)
    height, width = patch.inside.shape
    photo = shot.image[patch.top : patch.top + height, patch.left : patch.left + width].astype(float)
    seen = (patch.shown > 0.99) & (patch.inside > 0.99)
    assert seen.sum() > 20
    assert np.abs(patch.colour - photo)[seen].max() <= 2


def test_teeth_in_the_photo_keep_their_shape_when_the_head_turns(canonical: Face, pose: Pose) -> None:
    rows, columns = np.indices((256, 256))
    places = np.dstack([columns, rows, np.zeros_like(rows)]).astype(np.uint8)  # each pixel's colour says where it is
    mouth = mouth_of(places, canonical, pose)
    turned = Pose(rotation_matrix(np.array([0.1, 0.5, 0.15])) @ pose.rotation, pose.scale, pose.translation)
    landmarks = apply_pose(canonical, turned)
    patch = patch_of(mouth, landmarks, canonical, turned)
    teeth = mouth.contact + np.array([(x, y, TEETH_DEPTH) for x in (-0.15, 0.0, 0.15) for y in (0.0, 0.06)])
    for before, after in zip(apply_pose(teeth, pose), apply_pose(teeth, turned), strict=True):
        x, y = np.round(after[:2]).astype(int) - (patch.left, patch.top)
        if patch.shown[y, x] > 0.99:
            np.testing.assert_allclose(patch.colour[y, x, :2], before[:2], atol=1.5)
    assert (patch.shown > 0.99).sum() > 20


def test_upper_teeth_belong_to_the_skull_and_are_brighter_than_the_throat(canonical: Face, pose: Pose) -> None:
    mouth = mouth_of(np.zeros((256, 256, 3), np.uint8), with_mouth(canonical, 0.0), pose)
    brightest_row = []
    for gap in (0.25, 0.5):
        opened = with_mouth(canonical, gap)
        patch = patch_of(mouth, apply_pose(opened, pose), opened, pose)
        lit = np.where(patch.inside > 0.9, patch.colour.mean(-1), np.nan)
        middle = lit[:, lit.shape[1] // 3 : -lit.shape[1] // 3]
        assert np.nanmax(middle) > 3 * np.nanmin(middle)
        rows = np.nanmean(middle[~np.isnan(middle).all(1)], axis=1)
        assert rows[: len(rows) // 2].mean() > rows[len(rows) // 2 :].mean() + 20
        bright = np.flatnonzero(np.nanmean(np.where(np.isnan(middle), 0, middle), axis=1) > 120)
        brightest_row.append(patch.top + bright[0])
    assert abs(brightest_row[0] - brightest_row[1]) <= 6  # pixels, while the lower lip went down by 13


def test_a_darker_photo_gets_darker_teeth() -> None:
    assert draw_teeth(SKIN).shape[2] == draw_tongue(SKIN).shape[2] == 4
    for draw in (draw_teeth, draw_tongue):
        light, dark = draw(SKIN)[..., :3], draw(SKIN / 2)[..., :3]
        np.testing.assert_allclose(dark.mean() / light.mean(), 0.55, atol=0.1)
        assert 0 <= dark.min() <= light.max() <= 255


def test_a_grey_photo_gets_a_grey_mouth() -> None:
    for draw in (draw_teeth, draw_tongue):
        assert np.ptp(draw(np.full(3, 150.0))[:, :, :3], axis=2).max() < 1e-3
        assert np.ptp(draw(SKIN)[:, :, :3], axis=2).max() > 20


def test_the_iris_goes_where_the_driver_looks(shot: Shot, canonical: Face, pose: Pose) -> None:
    for left, ring, iris in ((True, LEFT_EYE, LEFT_IRIS), (False, RIGHT_EYE, RIGHT_IRIS)):
        eye = Eye(shot.image, shot.landmarks, canonical, pose, left=left)
        at_rest = eye.patch(shot.landmarks, pose)
        np.testing.assert_allclose(at_rest.inside.sum(), area(shot.landmarks[list(ring), :2]), rtol=0.12)
        looking = shot.landmarks.copy()
        looking[list(iris), 0] += 3
        patch = eye.patch(looking, pose)
        x, y = np.round(shot.landmarks[iris[0], :2]).astype(int)
        seen = patch.colour[y - patch.top, x + 3 - patch.left]
        np.testing.assert_allclose(seen, shot.image[y, x], atol=6)  # the pupil went along,
        assert darkest(patch) - darkest(at_rest) > 1  # and what is dark around it


def darkest(patch: Patch) -> float:
    """Mean column, weighted by darkness within the opening."""
    dark = np.clip(110 - patch.colour.mean(-1), 0, None) * (patch.inside > 0.5)
    return float((dark * np.arange(dark.shape[1])).sum() / dark.sum()) + patch.left


def test_a_face_at_the_border_of_the_frame_is_no_trouble(shot: Shot, canonical: Face, pose: Pose) -> None:
    opened = with_mouth(canonical, 0.4)
    mouth = mouth_of(shot.image, canonical, pose)
    for shift in ((-400.0, 0.0), (0.0, 400.0), (130.0, 0.0)):
        there = Pose(pose.rotation, pose.scale, pose.translation + np.append(shift, 0))
        patch = patch_of(mouth, apply_pose(opened, there), opened, there)
        assert patch.inside.size
        assert 0 <= patch.left < patch.left + patch.inside.shape[1] <= 256
        assert 0 <= patch.top < patch.top + patch.inside.shape[0] <= 256
