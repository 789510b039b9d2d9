from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from headcast.errors import CheckpointError
from headcast.networks.features import load_vgg19, load_vggface


def vgg_tensors() -> dict[str, Tensor]:
    """The first three convolutions of any VGG; the third opens the second stage."""
    torch.manual_seed(0)
    tensors: dict[str, Tensor] = {}
    for index, wide, narrow in ((0, 64, 3), (2, 64, 64), (5, 128, 64)):
        tensors[f"features.{index}.weight"] = torch.randn(wide, narrow, 3, 3) * 0.01
        tensors[f"features.{index}.bias"] = torch.randn(wide)
    return tensors


@pytest.fixture
def vgg_path(tmp_path: Path) -> Path:
    save_file(vgg_tensors(), tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"


def test_activations_follow_the_caffe_convention(vgg_path: Path) -> None:
    tensors = vgg_tensors()
    image = torch.rand(1, 3, 16, 16) * 2 - 1
    blue_first = (image[:, [2, 1, 0]] + 1) * 127.5 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)

    def layer(features: Tensor, index: int) -> Tensor:
        weight, bias = tensors[f"features.{index}.weight"], tensors[f"features.{index}.bias"]
        return functional.relu(functional.conv2d(features, weight, bias, padding=1))

    first = layer(blue_first, 0)
    second = layer(functional.max_pool2d(layer(first, 2), 2), 5)
    activations = load_vgg19(vgg_path)(image)
    assert len(activations) == 2  # relu1_1 and relu2_1: as many as the file holds
    torch.testing.assert_close(activations[0], first, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(activations[1], second, atol=1e-3, rtol=1e-4)


def test_the_gradient_reaches_the_image_and_leaves_the_weights_alone(vgg_path: Path) -> None:
    network, image = load_vggface(vgg_path), torch.rand(1, 3, 16, 16, requires_grad=True)
    sum(activation.sum() for activation in network(image)).backward()  # type: ignore[union-attr]
    assert image.grad is not None and image.grad.abs().min() > 0
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_two_networks_subtract_their_own_means(vgg_path: Path) -> None:
    image = torch.zeros(1, 3, 8, 8)
    assert not torch.allclose(load_vgg19(vgg_path)(image)[0], load_vggface(vgg_path)(image)[0])


def test_state_dict_files_are_read_without_unpickling_objects(tmp_path: Path) -> None:
    torch.save(vgg_tensors(), tmp_path / "vgg.pth")
    assert len(load_vgg19(tmp_path / "vgg.pth")(torch.zeros(1, 3, 8, 8))) == 2
    torch.save({"features.0.weight": Path("x")}, tmp_path / "hostile.pth")
    with pytest.raises(CheckpointError, match=r"cannot read .*hostile\.pth \(UnpicklingError\)"):
        load_vgg19(tmp_path / "hostile.pth")


def test_broken_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "vgg.safetensors"
    with pytest.raises(CheckpointError, match="no such weights file"):
        load_vgg19(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="cannot read"):
        load_vgg19(path)
    save_file({"conv1_1.weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="is not VGG19: expected torchvision's names"):
        load_vgg19(path)
    save_file({**vgg_tensors(), "features.2.weight": torch.zeros(64, 64, 1, 1)}, path)
    with pytest.raises(CheckpointError, match=r"is not VGGFace: features\.2 is \(64, 64, 1, 1\)"):
        load_vggface(path)


def test_the_published_weights_give_three_layers(shared_dir: Path) -> None:
    network = load_vgg19(shared_dir / "nets" / "vgg19_imagenet_conv1_to_conv3_4.safetensors")
    activations = network(torch.zeros(1, 3, 32, 32))
    assert [activation.shape[1] for activation in activations] == [64, 128, 256]
