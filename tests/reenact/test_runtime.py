"""OpenVINO against torch, on weights that change the picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headcast.avatars.avatar import Avatar
from headcast.avatars.from_torch import avatar_of
from headcast.errors import DeviceError
from headcast.media.side_by_side import side_by_side
from headcast.networks.lite_generator import INITIAL_WARP_WEIGHT
from headcast.networks.model import Model
from headcast.reenact.runtime import OpenVINORuntime, make_runtime
from headcast.reenact.sitter import Sitter
from headcast.reenact.torch_runtime import TorchRuntime
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
    head = avatar.weights["head.weight"]
    strong = np.random.default_rng(1).normal(0, 0.1, head.shape).astype(np.float32)
    return replace(
        avatar,
        weights={**avatar.weights, "head.weight": strong, "head.bias": np.zeros_like(avatar.weights["head.bias"])},
    )


def test_openvino_shows_what_torch_shows(avatar: Avatar, conditioning: Conditioning) -> None:
    expected = TorchRuntime(avatar, "cpu", "f32").start(conditioning)()
    found = make_runtime(avatar, device="cpu", precision="f32").start(conditioning)()
    assert np.abs(expected.image.astype(int) - conditioning.warped).max() > 20  # these weights do something
    assert np.abs(found.image.astype(int) - expected.image).max() <= 2
    np.testing.assert_allclose(found.warp_weight, expected.warp_weight, atol=0.01)
    assert found.image.dtype == np.uint8
    assert found.warp_weight.shape == found.image.shape[:2] == (64, 64)


def test_the_result_is_a_copy_that_the_next_frame_does_not_touch(avatar: Avatar, conditioning: Conditioning) -> None:
    runtime = OpenVINORuntime(avatar, "f32")
    first = runtime.start(conditioning)()
    kept = first.image.copy(), first.warp_weight.copy()
    other = Conditioning(conditioning.landmark_image, conditioning.warped[::-1].copy(), conditioning.maps[::-1].copy())
    runtime.start(other)()
    np.testing.assert_array_equal(first.image, kept[0])
    np.testing.assert_array_equal(first.warp_weight, kept[1])


def test_people_who_share_a_generator_keep_their_own_identity(avatar: Avatar, conditioning: Conditioning) -> None:
    other = replace(avatar, adain_parameters=avatar.adain_parameters * 0.5)
    one, two = OpenVINORuntime(avatar, "f32"), OpenVINORuntime(other, "f32")
    expected = [TorchRuntime(each, "cpu", "f32").start(conditioning)().image for each in (avatar, other)]
    assert np.abs(expected[0].astype(int) - expected[1]).max() > 5
    for runtime, image in ((one, expected[0]), (two, expected[1]), (one, expected[0])):
        assert np.abs(runtime.start(conditioning)().image.astype(int) - image).max() <= 2


def test_where_the_warp_is_not_valid_none_of_it_is_shown(avatar: Avatar, conditioning: Conditioning) -> None:
    weight = OpenVINORuntime(avatar, "f32").start(conditioning)().warp_weight
    validity = conditioning.maps[:, :, 0]
    assert weight[validity == 0].max() < 1e-3
    assert weight[validity == 1].max() > 0.2


def test_fresh_weights_show_the_warped_shot(model: Model, small_sitter: Sitter, conditioning: Conditioning) -> None:
    generated = TorchRuntime(avatar_of(model, [small_sitter.shot]), "cpu", "f32").start(conditioning)()
    difference = np.abs(generated.image.astype(int) - conditioning.warped)
    assert difference.mean() < 1
    valid = conditioning.maps[:, :, 0] == 1
    np.testing.assert_allclose(generated.warp_weight[valid].mean(), INITIAL_WARP_WEIGHT, atol=0.02)


def test_wrong_arguments_are_refused(avatar: Avatar) -> None:
    with pytest.raises(ValueError, match="device must be one of auto, cpu, cuda, not 'tpu'"):
        make_runtime(avatar, device="tpu")
    with pytest.raises(ValueError, match="precision must be one of auto, bf16, f32, not 'f16'"):
        make_runtime(avatar, precision="f16")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="torch sees no GPU; use --device cpu or auto"):
            make_runtime(avatar, device="cuda")


def test_frames_that_are_made_side_by_side_are_those_made_one_by_one(
    avatar: Avatar, conditioning: Conditioning
) -> None:
    others = [replace(conditioning, warped=np.roll(conditioning.warped, step, axis=1)) for step in range(6)]
    alone, shared = OpenVINORuntime(avatar, "f32"), make_runtime(avatar, device="cpu", precision="f32", at_once=2)
    expected = [alone.start(each)().image for each in others]
    found = [each.image for each in side_by_side(lambda each: shared.start(each)(), others, 2)]
    assert len(found) == 6
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert np.ptp([image.astype(int).sum() for image in found]) > 0
