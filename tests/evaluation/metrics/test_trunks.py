from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from headcast.errors import CheckpointError
from headcast.evaluation.metrics.trunks import Trunk, alexnet, load_trunk, squeezenet, vgg16


def named(trunk: Trunk) -> dict[str, torch.Tensor]:
    """A trunk's weights as torchvision's files name them, and a classifier's that nobody needs."""
    weights = {f"features.{name}": tensor for name, tensor in trunk.layers.state_dict().items()}
    return {**weights, "classifier.1.weight": torch.zeros(3)}


@pytest.mark.parametrize("build", [squeezenet, alexnet, vgg16])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_each_network_is_known_by_its_file(tmp_path: Path, build, suffix: str) -> None:
    trunk, path = build(), tmp_path / f"weights{suffix}"
    save_file(named(trunk), path) if suffix == ".safetensors" else torch.save(named(trunk), path)
    loaded = load_trunk(path)
    assert (loaded.name, loaded.tapped) == (trunk.name, trunk.tapped)
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(loaded.layers(image), trunk.layers.eval()(image))


def test_another_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "trunk.safetensors"
    save_file({**named(squeezenet()), "features.0.weight": torch.zeros(64, 3, 5, 5)}, path)
    with pytest.raises(CheckpointError, match="does not hold the right weights; expected SqueezeNet"):
        load_trunk(path)
    path.write_bytes(b"\x80\x04\x95 a pickle")
    with pytest.raises(CheckpointError, match="does not hold the right weights"):
        load_trunk(path)
    pickled = tmp_path / "trunk.pth"
    pickled.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(CheckpointError, match="does not hold the right weights") as caught:
        load_trunk(pickled)
    assert "\n" not in str(caught.value)
    with pytest.raises(CheckpointError, match=r"nothing\.safetensors is missing"):
        load_trunk(tmp_path / "nothing.safetensors")
