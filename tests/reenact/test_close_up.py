"""Mouth and eyes painted at the photo's own size: where they may change the picture, and what they show."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.from_torch import weights_of
from headcast.avatars.weights import Weights
from headcast.close_ups.crop import cut
from headcast.close_ups.parts import PARTS
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, head_of, measure_controls, remove_pose
from headcast.geometry.topology import MIRROR
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.reenact.close_up import FINISHES, CloseUp, lay_close_up, make_close_ups
from headcast.reenact.compose import Composer, compose_square, cut_out
from headcast.reenact.driver import Driver
from headcast.reenact.generated import Generated, Painted
from headcast.reenact.sitter import Sitter, make_sitter
from headcast.tracking.crop import crop_image
from headcast.types import CONDITIONING_MAPS, Image, Landmarks, Mask, Shot
from headcast.warping.carry import mirror_shot
from headcast.warping.warp import Warper

EACH_PART = pytest.mark.parametrize("part", PARTS)


@pytest.fixture(scope="module")
def fresh() -> dict[str, Weights]:
    """Close-ups that have learned nothing: they show what was carried and drawn."""
    return {part: weights_of(build_model(PRESETS[part], seed=0)) for part in PARTS}


@pytest.fixture(scope="module")
def large_sitter(astronaut: Image) -> Sitter:
    return make_sitter(np.asarray(cv2.resize(astronaut, (1100, 1100), interpolation=cv2.INTER_CUBIC), np.uint8))


def changed(sitter: Sitter, lips: float, lids: float | None) -> Landmarks:
    """The sitter's face with so wide a mouth, and lids so far open."""
    pose = fit_pose(sitter.shot.landmarks)
    face = remove_pose(sitter.shot.landmarks, pose)
    openings = measure_controls(face)[4:6] if lids is None else (lids, lids)
    return apply_pose(set_openings(face, np.array([lips, *openings])), pose)


@pytest.fixture(scope="module")
def opened(sitter: Sitter) -> Landmarks:
    return changed(sitter, 0.3, 0.03)


def close_up_of(part: str, sitter: Sitter, fresh: dict[str, Weights]) -> CloseUp:
    avatar = Avatar(PRESETS["lite"], {}, np.zeros((1, 1), np.float32), (sitter.shot,), {part: fresh[part]})
    (close_up,) = make_close_ups(avatar, sitter)
    return close_up


def lay(painted: tuple[Painted, ...], picture: Image) -> Image:
    for each in painted:
        lay_close_up(each, picture)
    return picture


@EACH_PART
@pytest.mark.parametrize("which", ["sitter", "large_sitter"])
def test_nothing_changes_beside_the_part(
    part: str, which: str, fresh: dict[str, Weights], request: pytest.FixtureRequest
) -> None:
    sitter: Sitter = request.getfixturevalue(which)
    painted = close_up_of(part, sitter, fresh).start(Warper(sitter.shot)(changed(sitter, 0.3, 0.03)))()
    before = np.full((sitter.patch_size, sitter.patch_size, 3), 90, np.uint8)
    after = lay(painted, before.copy())
    allowed = np.zeros(before.shape[:2], np.float32)
    for each in painted:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        allowed += cv2.warpAffine(each.mask, each.to_crop, before.shape[:2], flags=flags)
    there = cv2.dilate((allowed > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    np.testing.assert_array_equal(after[~there], before[~there])
    assert np.abs(after.astype(int) - before)[there].mean() > 20
    assert there.mean() < 0.1


@EACH_PART
def test_at_rest_the_photo_stays(part: str, large_sitter: Sitter, fresh: dict[str, Weights]) -> None:
    photo = crop_image(large_sitter.photo, large_sitter.box, large_sitter.patch_size)
    warped = Warper(large_sitter.shot)(large_sitter.shot.landmarks)
    painted = lay(close_up_of(part, large_sitter, fresh).start(warped)(), photo.copy())
    assert np.abs(painted.astype(int) - photo).mean() < 0.3
    assert np.abs(painted.astype(int) - photo).max(-1).max() < 90  # the rim of teeth and eyeballs at most


@EACH_PART
def test_the_composer_lays_it_into_the_photo(part: str, large_sitter: Sitter, fresh: dict[str, Weights]) -> None:
    warper = Warper(large_sitter.shot, large_sitter.edges)
    warped = warper(changed(large_sitter, 0.3, 0.03))
    without = Generated(np.full_like(warped.conditioning.warped, 90), np.zeros((256, 256), np.float32))
    compose = Composer(large_sitter)
    painted = compose(replace(without, close_ups=close_up_of(part, large_sitter, fresh).start(warped)()), warped)
    differs = np.abs(painted.astype(int) - compose(without, warped)).max(-1) > 8
    assert 0.0005 < differs.mean() < 0.05


@EACH_PART
@pytest.mark.parametrize("as_change", [True, False])
def test_a_smaller_picture_shows_the_same_smaller(
    part: str, as_change: bool, large_sitter: Sitter, fresh: dict[str, Weights]
) -> None:
    side = large_sitter.patch_size // 4 * 4
    warped = Warper(large_sitter.shot)(changed(large_sitter, 0.3, 0.03))
    painted = tuple(
        replace(each, side=side, as_change=as_change) for each in close_up_of(part, large_sitter, fresh).start(warped)()
    )
    flat = np.full((side, side, 3), 90, np.uint8)
    small = (side // 4, side // 4)
    expected = cv2.resize(lay(painted, flat.copy()), small, interpolation=cv2.INTER_AREA).astype(float)
    laid = lay(painted, np.full((*small, 3), 90, np.uint8)).astype(float)
    changes = np.abs(expected - 90).max(-1) > 8
    assert np.abs(laid - expected)[changes].mean() < 0.15 * np.abs(expected - 90)[changes].mean()
    shifted = np.roll(laid, 1, axis=1)  # a pixel beside it would be seen
    assert np.abs(shifted - expected)[changes].mean() > 0.2 * np.abs(expected - 90)[changes].mean()


@EACH_PART
def test_squares_and_cut_outs_show_it_too(part: str, large_sitter: Sitter, fresh: dict[str, Weights]) -> None:
    lite = weights_of(build_model(PRESETS["lite"], seed=0))
    shots, landmarks = [large_sitter.shot], changed(large_sitter, 0.3, 0.03)
    avatar = make_avatar(replace(lite, close_ups={part: fresh[part]}), shots)
    driver = Driver(large_sitter, avatar, paste_back=False, precision="f32")
    whole = Driver(large_sitter, avatar, precision="f32")
    warped = driver.condition(landmarks)
    generated = driver.generate(warped)
    matte = warped.conditioning.maps[:, :, CONDITIONING_MAPS.index("matte")]
    bare = tuple(replace(each, mask=0 * each.mask) for each in generated.close_ups)
    without = cut_out(replace(generated, close_ups=bare), warped)
    expected = lay(whole.generate(warped).close_ups, without[:, :, :3].copy())
    found = cut_out(generated, warped)
    np.testing.assert_array_equal(found[:, :, :3], expected)
    np.testing.assert_allclose(found[:, :, 3], 255 * matte, atol=0.51)
    square = driver.finish(generated, warped)
    solid = matte == 1
    np.testing.assert_array_equal(square[solid], expected[solid])
    changes = np.abs(square.astype(int) - compose_square(replace(generated, close_ups=bare), warped, 0 * warped.person))
    assert 0.0005 < (changes[solid].max(-1) > 8).mean() < 0.1


@EACH_PART
def test_a_part_beyond_the_picture_is_left_alone(
    part: str, sitter: Sitter, fresh: dict[str, Weights], opened: Landmarks
) -> None:
    outside = opened + np.array([600, 0, 0], np.float32)
    warped = replace(Warper(sitter.shot)(opened), landmarks=outside, head=head_of(outside))
    picture = np.full((sitter.patch_size, sitter.patch_size, 3), 90, np.uint8)
    assert (lay(close_up_of(part, sitter, fresh).start(warped)(), picture) == 90).all()


@EACH_PART
def test_a_grey_photo_stays_grey(part: str, sitter: Sitter, fresh: dict[str, Weights], opened: Landmarks) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(sitter.photo, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    grey_sitter = make_sitter(np.asarray(grey, np.uint8))
    picture = np.full((grey_sitter.patch_size, grey_sitter.patch_size, 3), 90, np.uint8)
    painted = lay(close_up_of(part, grey_sitter, fresh).start(Warper(grey_sitter.shot)(opened))(), picture)
    assert np.ptp(painted.astype(int), axis=2).max() <= 2


@pytest.mark.parametrize("scale", [0.6, 2.3])
def test_a_change_of_nothing_leaves_all_that_is_finer(scale: float) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (120, 120, 3)).astype(np.uint8)
    to_crop = np.array([[scale, 0.1, -40 * scale], [-0.1, scale, -30 * scale]])
    mask = np.zeros((64, 96), np.float32)
    mask[8:-8, 8:-8] = 1
    shown = cut(picture, to_crop, (96, 64)).astype(np.float32)
    laid = lay((Painted(shown, mask, to_crop, 120, as_change=True),), picture.copy())
    np.testing.assert_array_equal(laid, picture)
    lighter = lay((Painted(shown + 40, mask, to_crop, 120, as_change=True),), picture.copy())
    assert (lighter.astype(int) - picture).max() == 40


@pytest.mark.parametrize("scale", [0.4, 0.6])
def test_where_a_close_up_was_cleared_of_lashes_finer_ones_go_and_grain_stays(scale: float) -> None:
    grain = (150 + np.random.default_rng(0).integers(-3, 4, (240, 240, 3))).astype(np.uint8)
    lashes = grain.copy()
    lashes[:, ::6] -= 100
    to_crop = np.array([[scale, 0.0, 47.5 - scale * 120], [0.0, scale, 31.5 - scale * 120]])
    mask = np.zeros((64, 96), np.float32)
    mask[8:-8, 8:-8] = 1
    skin, middle = np.full((64, 96, 3), 150, np.float32), np.s_[100:140, 100:140]

    def laid(picture: Image, cleared: Mask | None) -> NDArray[np.int_]:
        painted = Painted(skin, mask, to_crop, 240, as_change=True, cleared=cleared)
        return lay((painted,), picture.copy())[middle].astype(int)

    assert np.abs(laid(lashes, mask) - 150).max() < 0.3 * np.abs(laid(lashes, None) - 150).max()
    np.testing.assert_allclose(laid(grain, mask), laid(grain, None), atol=1)


@pytest.mark.parametrize("scale", [0.4, 0.6, 2.3])
def test_beneath_what_is_pasted_nothing_shows_through(scale: float) -> None:
    """Where the photo is finer than the close-up, what was drawn in the mouth before leaves no edge in the paint."""
    stripes = np.zeros((240, 240, 3), np.uint8)
    stripes[:, ::2] = 255
    middle = np.array([47.5, 31.5]) - scale * 120
    to_crop = np.array([[scale, 0.0, middle[0]], [0.0, scale, middle[1]]])
    mask = np.zeros((64, 96), np.float32)
    mask[8:-8, 8:-8] = 1
    laid = lay((Painted(np.full((64, 96, 3), 90, np.float32), mask, to_crop, 240),), stripes.copy())
    reach = int(np.array([24 - 3, 40 - 3]).min() / scale) - 2
    assert (laid[120 - reach : 120 + reach, 120 - reach : 120 + reach] == 90).all()
    np.testing.assert_array_equal(laid[:4], stripes[:4])


def test_eyes_are_sharpened_as_far_as_their_lashes(
    sitter: Sitter, fresh: dict[str, Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    warped = Warper(sitter.shot)(sitter.shot.landmarks)
    sharp = close_up_of("eyes", sitter, fresh).start(warped)()
    monkeypatch.setitem(FINISHES, "eyes", replace(FINISHES["eyes"], sharpened=0.0))
    for one, other in zip(sharp, close_up_of("eyes", sitter, fresh).start(warped)(), strict=True):
        differs = np.abs(one.picture - other.picture).max(-1) > 0.5
        assert 300 < differs.sum() == differs[10:-10, 10:-10].sum() < 2500  # neither brow nor cheek
        assert one.picture[differs].std() > 1.02 * other.picture[differs].std()


def test_the_left_eye_is_painted_as_the_right_one_in_a_mirror(sitter: Sitter, opened: Landmarks) -> None:
    """Weights are drawn at random, so that what is painted is not what was carried."""
    random = np.random.default_rng(0)
    weights = weights_of(build_model(PRESETS["eyes"], seed=0))
    noisy = {"head.weight": random.normal(0, 0.05, weights.generator["head.weight"].shape).astype(np.float32)}
    weights = replace(weights, generator={**weights.generator, **noisy})
    side = sitter.patch_size
    photo = crop_image(sitter.photo, sitter.box, side)
    warped = Warper(sitter.shot)(opened)
    mirrored_grid = replace(
        warped.grid,
        positions=np.ascontiguousarray(warped.grid.positions[:, ::-1] * (-1, 1) + (255, 0)).astype(np.float32),
        torn=np.ascontiguousarray(warped.grid.torn[:, ::-1]),
    )
    seen = opened[MIRROR] * np.array([-1, 1, 1], np.float32) + np.array([255, 0, 0], np.float32)
    in_mirror = replace(
        warped,
        person=np.ascontiguousarray(warped.person[:, ::-1]),
        grid=mirrored_grid,
        carried=np.ascontiguousarray(warped.carried[:, ::-1]),
        landmarks=seen,
        head=head_of(seen),
    )
    plain = CloseUp("eyes", weights, [sitter.shot], photo).start(warped)()
    mirror: Shot = mirror_shot(sitter.shot)
    other = CloseUp("eyes", weights, [mirror], np.ascontiguousarray(photo[:, ::-1])).start(in_mirror)()
    for one, two in zip(plain, other[::-1], strict=True):
        assert np.abs(one.picture - two.picture).max() <= 4  # levels, of a network that may compute in bf16
        assert np.abs(one.picture - two.picture).mean() < 0.2
        np.testing.assert_allclose(one.mask, two.mask, atol=1e-4)
    empty = np.full((side, side, 3), 90, np.uint8)
    before, after = lay(plain, empty.copy()), lay(other, empty.copy())[:, ::-1]
    assert np.abs(before.astype(int) - after).max() <= 4
    assert np.abs(before.astype(int) - 90).max() > 30
