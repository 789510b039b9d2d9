"""The mouth painted at the photo's own size: where it may change the picture, what it shows, and its files."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.from_torch import weights_of
from headcast.avatars.weights import Weights, load_weights
from headcast.errors import CheckpointError
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, measure_controls, remove_pose
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CLOSE_UP
from headcast.networks.presets import PRESETS
from headcast.reenact.close_up import CloseUp, lay_mouth, make_close_up
from headcast.reenact.compose import Composer
from headcast.reenact.generated import Generated
from headcast.reenact.sitter import Sitter, make_sitter
from headcast.tracking.crop import crop_image
from headcast.types import Image, Landmarks
from headcast.warping.mouth_crop import CROP_SIZE, lips_mask, place_crop
from headcast.warping.warp import Warper


@pytest.fixture(scope="module")
def fresh() -> Weights:
    """A close-up that has learned nothing: it shows what was carried and drawn."""
    return weights_of(build_model(PRESETS["mouth"], seed=0))


@pytest.fixture(scope="module")
def large_sitter(astronaut: Image) -> Sitter:
    return make_sitter(np.asarray(cv2.resize(astronaut, (1100, 1100), interpolation=cv2.INTER_CUBIC), np.uint8))


@pytest.fixture(scope="module")
def opened(sitter: Sitter) -> Landmarks:
    pose = fit_pose(sitter.shot.landmarks)
    face = remove_pose(sitter.shot.landmarks, pose)
    return apply_pose(set_openings(face, np.array([0.3, *measure_controls(face)[4:6]])), pose)


def avatar_of(sitter: Sitter, weights: Weights | None) -> Avatar:
    return Avatar(PRESETS["lite"], {}, np.zeros((1, 1), np.float32), (sitter.shot,), weights)


@pytest.mark.parametrize("which", ["sitter", "large_sitter"])
def test_only_the_mouth_is_painted(which: str, fresh: Weights, request: pytest.FixtureRequest) -> None:
    sitter: Sitter = request.getfixturevalue(which)
    pose = fit_pose(sitter.shot.landmarks)
    face = remove_pose(sitter.shot.landmarks, pose)
    opened = apply_pose(set_openings(face, np.array([0.3, *measure_controls(face)[4:6]])), pose)
    close_up = make_close_up(avatar_of(sitter, fresh), sitter)
    assert close_up is not None
    before = np.full((sitter.patch_size, sitter.patch_size, 3), 90, np.uint8)
    after = before.copy()
    lay_mouth(close_up(Warper(sitter.shot)(opened)), after)
    own = (opened + (0.5, 0.5, 0)) * sitter.patch_size / 256 - (0.5, 0.5, 0)  # noqa: RUF005
    to_crop, scale = place_crop(own.astype(np.float32), fit_pose(own.astype(np.float32)))
    moved = np.column_stack([own[:, :2] @ to_crop[:, :2].T + to_crop[:, 2], own[:, 2] * scale]).astype(np.float32)
    mask = lips_mask(moved, fit_pose(moved).scale)
    allowed = cv2.warpAffine(mask, to_crop, before.shape[:2], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    allowed = cv2.dilate((allowed > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    np.testing.assert_array_equal(after[~allowed], before[~allowed])
    assert np.abs(after.astype(int) - before)[allowed].mean() > 20
    assert allowed.mean() < 0.1


def test_at_rest_the_photo_stays(large_sitter: Sitter, fresh: Weights) -> None:
    close_up = make_close_up(avatar_of(large_sitter, fresh), large_sitter)
    assert close_up is not None
    photo = crop_image(large_sitter.photo, large_sitter.box, large_sitter.patch_size)
    painted = photo.copy()
    lay_mouth(close_up(Warper(large_sitter.shot)(large_sitter.shot.landmarks)), painted)
    assert np.abs(painted.astype(int) - photo).mean() < 0.3
    assert np.abs(painted.astype(int) - photo).max(-1).max() < 90  # the rim of the teeth at most


def test_the_composer_lays_it_into_the_photo(large_sitter: Sitter, fresh: Weights, opened: Landmarks) -> None:
    warper = Warper(large_sitter.shot, large_sitter.edges)
    warped = warper(opened)
    without = Generated(warped.conditioning.warped, np.ones((256, 256), np.float32))
    close_up = make_close_up(avatar_of(large_sitter, fresh), large_sitter)
    assert close_up is not None
    compose = Composer(large_sitter, warper.background, warper.unknown)
    painted = compose(replace(without, mouth=close_up(warped)), warped)
    changed = np.abs(painted.astype(int) - compose(without, warped)).max(-1) > 8
    assert 0.0005 < changed.mean() < 0.05


def test_a_mouth_beyond_the_picture_is_left_alone(sitter: Sitter, fresh: Weights, opened: Landmarks) -> None:
    close_up = make_close_up(avatar_of(sitter, fresh), sitter)
    assert close_up is not None
    outside = opened + np.array([600, 0, 0], np.float32)
    picture = np.full((sitter.patch_size, sitter.patch_size, 3), 90, np.uint8)
    warped = replace(Warper(sitter.shot)(opened), landmarks=outside)
    lay_mouth(close_up(warped), picture)
    assert (picture == 90).all()


def test_a_grey_photo_gets_a_grey_mouth(sitter: Sitter, fresh: Weights, opened: Landmarks) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(sitter.photo, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    grey_sitter = make_sitter(np.asarray(grey, np.uint8))
    close_up = make_close_up(avatar_of(grey_sitter, fresh), grey_sitter)
    assert close_up is not None
    picture = np.full((grey_sitter.patch_size, grey_sitter.patch_size, 3), 90, np.uint8)
    lay_mouth(close_up(Warper(grey_sitter.shot)(opened)), picture)
    assert np.ptp(picture.astype(int), axis=2).max() <= 2


def test_more_shots_say_how_the_mouth_looks(sitter: Sitter, fresh: Weights) -> None:
    assert make_close_up(avatar_of(sitter, None), sitter) is None
    several = CloseUp(fresh, (sitter.shot, sitter.shot), sitter.photo[:256, :256])
    assert CROP_SIZE == (192, 128) and several is not None


def joined(path: Path, model: Path, close_up: Model) -> Path:
    """A model's file with a close-up in it."""
    parts = {"embedder": close_up.embedder, "generator": close_up.generator}
    with safe_open(model, "numpy") as file:
        metadata = file.metadata()
    tensors = load_file(model)
    for part, network in parts.items():
        tensors |= {f"{CLOSE_UP}{part}.{name}": value.numpy() for name, value in network.state_dict().items()}
    save_file(tensors, path, metadata)
    return path


def test_a_file_with_a_close_up_gives_it_to_avatars_and_one_without_gives_none(
    checkpoint: Path, tmp_path: Path, small_sitter: Sitter
) -> None:
    assert load_weights(checkpoint).close_up is None
    model = build_model(PRESETS["mouth"], seed=5)
    path = joined(tmp_path / "joined.safetensors", checkpoint, model)
    avatar = make_avatar(load_weights(path), [small_sitter.shot])
    assert avatar.close_up is not None
    expected = weights_of(model).generator
    assert set(avatar.close_up.generator) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(avatar.close_up.generator[name], value)
    assert load_checkpoint(path).config == PRESETS["tiny"]  # torch reads what it learns from


def test_a_close_up_of_other_shapes_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = joined(tmp_path / "joined.safetensors", checkpoint, build_model(PRESETS["mouth"], seed=5))
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors[f"{CLOSE_UP}generator.head.bias"] = np.zeros(3, np.float32)
    save_file(tensors, path, metadata)
    with pytest.raises(CheckpointError, match="head.bias"):
        load_weights(path)
    del tensors[f"{CLOSE_UP}generator.head.bias"]
    save_file(tensors, path, metadata)
    with pytest.raises(CheckpointError, match="head.bias"):
        load_weights(path)
