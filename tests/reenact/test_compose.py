"""Composing against the photo itself: what does not move must be the photo."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from headcast.geometry.pose import Pose, apply_pose, fit_pose, remove_pose, rotation_matrix
from headcast.geometry.topology import FACE_OVAL
from headcast.matting.layers import mattes_of
from headcast.reenact.compose import MATTE, VALIDITY, Composer, kept, network_change
from headcast.reenact.detail import add_details, lost_detail
from headcast.reenact.generated import Generated, Painted
from headcast.reenact.sitter import Sitter, avatar_shots, make_sitter, measured_shots
from headcast.tracking.crop import Window, crop_image
from headcast.tracking.matte import person_matte
from headcast.types import CONDITIONING_MAPS, Image
from headcast.warping.interior import polygon_mask
from headcast.warping.warp import WarpedShot, Warper


def as_warped(warped: WarpedShot) -> Generated:
    """What a generator that trusts the warp fully would give."""
    return Generated(warped.conditioning.warped, np.ones(warped.conditioning.warped.shape[:2], np.float32))


def composer(sitter: Sitter, warper: Warper) -> Composer:
    return Composer(sitter)


@pytest.fixture(scope="module")
def grainy(astronaut: Image) -> Image:
    """A photo four times as large, with fine grain that 256 pixels cannot hold."""
    large = cv2.resize(astronaut, (1536, 1536), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 40, large.shape[:2]), (0, 0), 1.2)
    return np.clip(large + grain[:, :, None], 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def large_sitter(grainy: Image) -> Sitter:
    return make_sitter(grainy)


def face_of(sitter: Sitter, moved: np.ndarray | None = None) -> np.ndarray:
    """Where (H, W) the photo shows the face, a little inside of its oval."""
    landmarks = sitter.shot.landmarks if moved is None else moved
    scale = sitter.box.width / 256
    points = (landmarks[list(FACE_OVAL), :2] + 0.5) * scale - 0.5 + [sitter.box.left, sitter.box.top]
    middle = points.mean(0)
    height, width = sitter.photo.shape[:2]
    return polygon_mask((middle + 0.8 * (points - middle)).astype(np.float32), 0, 0, width, height) > 0.5


@pytest.mark.parametrize("which", ["sitter", "large_sitter"])
def test_at_rest_the_output_is_the_photo(which: str, request: pytest.FixtureRequest) -> None:
    sitter: Sitter = request.getfixturevalue(which)
    warper = Warper(sitter.shot, sitter.edges)
    warped = warper(sitter.shot.landmarks)
    result = composer(sitter, warper)(Generated(sitter.shot.image, np.ones((256, 256), np.float32)), warped)
    difference = np.abs(result.astype(int) - sitter.photo)
    assert difference.mean() < 1.0
    assert difference[face_of(sitter)].mean() < 4
    left, top, side = int(sitter.box.left), int(sitter.box.top), int(sitter.box.width)
    outside = np.ones(result.shape[:2], bool)
    outside[max(top, 0) : top + side, max(left, 0) : left + side] = False
    np.testing.assert_array_equal(result[outside], sitter.photo[outside])


def test_the_background_stays_whatever_is_generated_there(sitter: Sitter) -> None:
    warper = Warper(sitter.shot, sitter.edges)
    warped = warper(sitter.shot.landmarks)
    red = np.zeros((256, 256, 3), np.uint8)
    red[:, :, 0] = 255
    image = np.where(sitter.shot.matte[:, :, None] > 0.5, sitter.shot.image, red)
    result = composer(sitter, warper)(Generated(image, np.ones((256, 256), np.float32)), warped)
    person = cv2.resize(cv2.dilate(sitter.shot.matte, np.ones((51, 51))), [int(sitter.box.width)] * 2)
    left, top, side = int(sitter.box.left), int(sitter.box.top), int(sitter.box.width)
    there = np.s_[top : top + side, left : left + side]
    still = person == 0
    assert still.mean() > 0.02
    np.testing.assert_array_equal(result[there][still], sitter.photo[there][still])


@pytest.mark.parametrize(("turn", "least"), [(0.0, 0.9), (0.15, 0.9)])
def test_the_photos_own_sharpness_is_carried_along(large_sitter: Sitter, turn: float, least: float) -> None:
    shot = large_sitter.shot
    pose = fit_pose(shot.landmarks)
    moved_pose = Pose(rotation_matrix(np.array([0, turn, 0])) @ pose.rotation, pose.scale, pose.translation)
    moved = apply_pose(remove_pose(shot.landmarks, pose), moved_pose)
    warper = Warper(shot, large_sitter.edges)
    warped, compose = warper(moved), composer(large_sitter, warper)
    sharp = _sharpness(compose(as_warped(warped), warped), face_of(large_sitter, moved))
    own = _sharpness(large_sitter.photo, face_of(large_sitter))
    assert sharp > least * own
    assert _sharpness(enlarged(as_warped(warped).image, large_sitter), face_of(large_sitter, moved)) < 0.5 * own


def test_a_matte_that_is_carried_coarse_is_as_fine_as_the_photos_own(large_sitter: Sitter) -> None:
    shot = large_sitter.shot
    full = crop_image(large_sitter.photo, large_sitter.box, large_sitter.patch_size)
    own, fine = mattes_of(shot, full, person_matte(full))
    warped = Warper(shot, large_sitter.edges)(shot.landmarks)
    share = np.asarray(cv2.resize(np.ascontiguousarray(warped.conditioning.maps[:, :, MATTE]), fine.shape), np.float32)
    before = np.abs(share - fine)
    add_details([lost_detail(shot, full, own, fine)], full.copy(), share, warped, np.ones_like(own))
    outline = before > 0.1
    outline[len(outline) // 2 :] = False  # the photo's end cuts her off
    assert outline.sum() > 400
    assert np.abs(np.clip(share, 0, 1) - fine)[outline].mean() < 0.25 * before[outline].mean()


def enlarged(square: Image, sitter: Sitter) -> Image:
    """Return the photo with a square in its place, without finer detail."""
    window = Window(sitter.photo, sitter.box)
    photo = sitter.photo.copy()
    photo[window.place] = window.bring(cv2.resize(square, (1024, 1024)))
    return photo


def _sharpness(image: Image, where: np.ndarray) -> float:
    """Variance of the Laplacian."""
    return float(cv2.Laplacian(image.mean(-1), cv2.CV_64F)[where].var())


def test_the_network_changes_mouth_and_lids_but_not_what_the_warp_shows_well(sitter: Sitter) -> None:
    warped = Warper(sitter.shot, sitter.edges)(sitter.shot.landmarks)
    white = Generated(np.full((256, 256, 3), 255, np.uint8), np.zeros((256, 256), np.float32))
    change = np.abs(network_change(white, warped, kept(warped))).mean(axis=2) / (
        255 - warped.conditioning.warped.mean(axis=2) + 1e-3
    )
    maps = {name: warped.conditioning.maps[:, :, CONDITIONING_MAPS.index(name)] for name in CONDITIONING_MAPS}
    mouth = (maps["mouth_inside"] > 0.9) & (warped.conditioning.warped.mean(axis=2) < 200)
    assert mouth.sum() > 20
    assert change[mouth].min() > 0.95
    far = cv2.dilate(np.maximum(maps["mouth_inside"], maps["eyes_inside"]), np.ones((61, 61))) == 0
    sure = far & (maps["validity"] > 0.99)
    assert sure.sum() > 5000
    assert change[sure].max() < 0.02


@pytest.mark.parametrize("as_change", [True, False])
def test_the_network_leaves_eyes_that_are_painted_apart_as_a_change(sitter: Sitter, as_change: bool) -> None:
    warped = Warper(sitter.shot, sitter.edges)(sitter.shot.landmarks)
    nothing = Painted(np.zeros((1, 1, 3), np.float32), np.zeros((1, 1), np.float32), np.eye(2, 3), 256, as_change)
    keep, usual = kept(warped, (nothing,)), kept(warped)
    openings = warped.conditioning.maps[:, :, CONDITIONING_MAPS.index("eyes_inside")]
    eyes = openings > 0.9
    assert eyes.sum() > 20
    assert usual[eyes].max() < 0.05
    if as_change:
        assert keep[eyes].min() > 0.95
        far = cv2.dilate(np.ascontiguousarray(openings), np.ones((61, 61))) == 0
        np.testing.assert_array_equal(keep[far], usual[far])
    else:
        np.testing.assert_array_equal(keep, usual)


def test_a_pixel_that_the_person_never_covers_is_the_photos(large_sitter: Sitter) -> None:
    warper = Warper(large_sitter.shot, large_sitter.edges)
    compose, pose = composer(large_sitter, warper), fit_pose(large_sitter.shot.landmarks)
    covered = np.zeros(large_sitter.photo.shape[:2], bool)
    covered[Window(large_sitter.photo, large_sitter.box).place] = compose.hidden
    for turn in ((0.0, 0.3, 0.0), (0.2, -0.2, 0.1)):
        moved_pose = Pose(rotation_matrix(np.array(turn)) @ pose.rotation, pose.scale, pose.translation)
        warped = warper(apply_pose(remove_pose(large_sitter.shot.landmarks, pose), moved_pose))
        white = Generated(np.full((256, 256, 3), 255, np.uint8), np.zeros((256, 256), np.float32))
        result = compose(white, warped)
        person = cv2.dilate(warped.conditioning.maps[:, :, MATTE], np.ones((5, 5)))
        now = np.zeros(result.shape[:2], np.float32)
        window = Window(large_sitter.photo, large_sitter.box)
        now[window.place] = window.bring(cv2.resize(person, (1024, 1024)))
        free = (now == 0) & ~covered
        assert free.mean() > 0.2
        np.testing.assert_array_equal(result[free], large_sitter.photo[free])


def test_what_is_filled_does_not_end_in_a_line_where_the_photo_goes_on(sitter: Sitter) -> None:
    """With the person gone, shoulders that the square cuts give way to what is filled within it, not at its side."""
    warped = Warper(sitter.shot, sitter.edges)(sitter.shot.landmarks)
    maps = warped.conditioning.maps.copy()
    maps[:, :, MATTE] = 0
    gone = replace(warped, conditioning=replace(warped.conditioning, maps=maps))
    composed = Composer(sitter)
    result = composed(as_warped(gone), gone)
    left, top, side = int(sitter.box.left), int(sitter.box.top), int(sitter.box.width)
    assert sitter.edges.pinned[3] and composed.hidden[-1].mean() > 0.5
    changed = np.abs(result.astype(int) - sitter.photo)[max(top, 0) : top + side, max(left, 0) : left + side].mean(-1)
    assert changed[-1].max() <= 2  # the last row of the square, where her suit goes on
    assert changed[composed.hidden].mean() > 20


def test_a_frame_that_shows_nothing_of_the_shots_own_is_composed_too(sitter: Sitter) -> None:
    """Other shots of the take may be nearer everywhere."""
    warper = Warper(sitter.shot, sitter.edges)
    warped = warper(sitter.shot.landmarks)
    of_others = replace(warped, carried=np.zeros_like(warped.carried))
    result = composer(sitter, warper)(as_warped(warped), of_others)
    assert np.abs(result.astype(int) - sitter.photo).mean() < 2


def test_the_network_paints_a_far_cheek_but_no_thin_line_along_the_face(sitter: Sitter) -> None:
    """What is not trusted for a few pixels only is carried well enough; painted it would be a dotted line."""
    warped = Warper(sitter.shot)(sitter.shot.landmarks)
    maps = np.zeros_like(warped.conditioning.maps)
    maps[:, :, VALIDITY] = 1
    maps[:, 60:63, VALIDITY], maps[:, 100:140, VALIDITY] = 0, 0
    keep = kept(replace(warped, conditioning=replace(warped.conditioning, maps=maps)))
    assert keep[:, 58:66].min() > 0.99
    assert keep[:, 106:134].max() == 0
    assert np.abs(np.diff(keep, axis=1)).max() < 0.5


def test_fine_detail_comes_from_the_shot_that_is_shown(large_sitter: Sitter) -> None:
    """The first photo is blurred by motion, the second is sharp: its grain, finer than any shot, is in the picture."""
    photo = cv2.GaussianBlur(large_sitter.photo, (0, 0), 8)
    shot = replace(large_sitter.shot, image=cv2.GaussianBlur(large_sitter.shot.image, (0, 0), 3))
    blurred = Sitter(photo, large_sitter.box, shot)
    pictures = []
    for sitters in ([blurred], [blurred, large_sitter]):
        first, *others = measured_shots(blurred, avatar_shots(sitters)[1:])
        warper = Warper(first, blurred.edges, others)
        compose = Composer(blurred, others, warper.revealed)
        warped = warper(first.landmarks)
        pictures.append(compose(as_warped(warped), warped))
    face = face_of(large_sitter)
    grain = [(each.astype(np.float32) - cv2.GaussianBlur(each, (0, 0), 2))[face].ravel() for each in pictures]
    true = (large_sitter.photo.astype(np.float32) - cv2.GaussianBlur(large_sitter.photo, (0, 0), 2))[face].ravel()
    alone, both = (np.corrcoef(each, true)[0, 1] for each in grain)
    assert alone < 0.3 and both > 0.8
    assert grain[1].std() > 0.7 * true.std()


def test_beside_an_outline_that_hardly_moved_an_uneven_background_is_the_photos(large_sitter: Sitter) -> None:
    warper = Warper(large_sitter.shot, large_sitter.edges)
    compose = composer(large_sitter, warper)
    matte = warper(large_sitter.shot.landmarks).conditioning.maps[:, :, MATTE]
    photo = large_sitter.photo[Window(large_sitter.photo, large_sitter.box).place]
    behind, far_away = photo.copy(), photo.copy()
    for shown, seen in ((behind, matte), (far_away, np.zeros_like(matte))):
        compose._show_behind(shown, seen)
    stays = compose._rim > 0
    pieces = cv2.morphologyEx(stays.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0  # no lines
    assert pieces.sum() > 50
    assert (behind == photo).all(-1)[pieces].mean() > 0.8
    assert (far_away == photo).all(-1)[stays].mean() < 0.2  # what is filled
    np.testing.assert_array_equal(behind[~stays], far_away[~stays])
