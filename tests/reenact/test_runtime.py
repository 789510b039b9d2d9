"""OpenVINO against torch, on weights that change the picture."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from headcast.networks.avatar import Avatar
from headcast.networks.lite_generator import INITIAL_WARP_WEIGHT
from headcast.networks.model import Model
from headcast.reenact.driver import avatar_of
from headcast.reenact.runtime import OpenVINORuntime, TorchRuntime, make_runtime
from headcast.reenact.sitter import Sitter
from headcast.types import Conditioning
from headcast.warping.warp import Warper


@pytest.fixture(scope="module")
def conditioning(small_sitter: Sitter) -> Conditioning:
    moved = small_sitter.shot.landmarks + np.array([2, -1, 0], np.float32)
    return Warper(small_sitter.shot)(moved).conditioning


@pytest.fixture(scope="module")
def avatar(model: Model, small_sitter: Sitter) -> Avatar:
    """Weights as training leaves them: the change is large and the mask leaves its start."""
    avatar = avatar_of(model, [small_sitter.shot])
    generator = copy.deepcopy(avatar.generator)
    with torch.no_grad():
        generator.head.weight.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
        generator.head.bias.zero_()
    return Avatar(generator, avatar.adain_parameters, avatar.shots, avatar.image_size)


def test_openvino_shows_what_torch_shows(avatar: Avatar, conditioning: Conditioning) -> None:
    expected = TorchRuntime(avatar, torch.device("cpu"), "f32")(conditioning)
    found = make_runtime(avatar, device="cpu", precision="f32")(conditioning)
    assert np.abs(expected.image.astype(int) - conditioning.warped).max() > 20  # these weights do something
    assert np.abs(found.image.astype(int) - expected.image).max() <= 2
    np.testing.assert_allclose(found.warp_weight, expected.warp_weight, atol=0.01)
    assert found.image.dtype == np.uint8
    assert found.warp_weight.shape == found.image.shape[:2] == (64, 64)


def test_the_result_is_a_copy_that_the_next_frame_does_not_touch(avatar: Avatar, conditioning: Conditioning) -> None:
    runtime = OpenVINORuntime(avatar, "f32")
    first = runtime(conditioning)
    kept = first.image.copy(), first.warp_weight.copy()
    other = Conditioning(conditioning.landmark_image, conditioning.warped[::-1].copy(), conditioning.maps[::-1].copy())
    runtime(other)
    np.testing.assert_array_equal(first.image, kept[0])
    np.testing.assert_array_equal(first.warp_weight, kept[1])


def test_where_the_warp_is_not_valid_none_of_it_is_shown(avatar: Avatar, conditioning: Conditioning) -> None:
    weight = OpenVINORuntime(avatar, "f32")(conditioning).warp_weight
    validity = conditioning.maps[:, :, 0]
    assert weight[validity == 0].max() < 1e-3
    assert weight[validity == 1].max() > 0.2


def test_fresh_weights_show_the_warped_shot(model: Model, small_sitter: Sitter, conditioning: Conditioning) -> None:
    generated = TorchRuntime(avatar_of(model, [small_sitter.shot]), torch.device("cpu"), "f32")(conditioning)
    difference = np.abs(generated.image.astype(int) - conditioning.warped)
    assert difference.mean() < 1
    valid = conditioning.maps[:, :, 0] == 1
    np.testing.assert_allclose(generated.warp_weight[valid].mean(), INITIAL_WARP_WEIGHT, atol=0.02)


def test_a_conversion_is_cached_for_its_weights(avatar: Avatar, own_cache: Path) -> None:
    OpenVINORuntime(avatar, "f32")
    before = {path: path.stat().st_mtime_ns for path in (own_cache / "openvino").glob("*.xml")}
    OpenVINORuntime(avatar, "f32")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    other = copy.deepcopy(avatar.generator)
    with torch.no_grad():
        other.head.bias[0] += 1e-3
    OpenVINORuntime(Avatar(other, avatar.adain_parameters, avatar.shots, avatar.image_size), "f32")
    after = set((own_cache / "openvino").glob("*.xml"))
    assert len(after - set(before)) == 1
    assert not [path for path in after if path.name.startswith(".")]  # nothing half-written


def test_a_conversion_goes_where_it_is_told(avatar: Avatar, own_cache: Path, tmp_path: Path) -> None:
    before = set(own_cache.rglob("*"))
    make_runtime(avatar, device="cpu", precision="f32", cache=tmp_path / "elsewhere")
    assert len(list((tmp_path / "elsewhere").glob("*.xml"))) == 1
    assert set(own_cache.rglob("*")) == before


def test_wrong_arguments_are_refused(avatar: Avatar) -> None:
    with pytest.raises(ValueError, match="device must be one of auto, cpu, cuda, not 'tpu'"):
        make_runtime(avatar, device="tpu")
    with pytest.raises(ValueError, match="precision must be one of auto, bf16, f32, not 'f16'"):
        make_runtime(avatar, precision="f16")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch sees no GPU; use cpu or auto"):
            make_runtime(avatar, device="cuda")
