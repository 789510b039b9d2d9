from pathlib import Path

import numpy as np
import openvino
import openvino.opset13 as opset
import pytest
import torch

from headcast.errors import CheckpointError
from headcast.evaluation.metrics.inception import load_inception, resize_like_tensorflow
from headcast.types import Image


def save_network(path: Path, num_features: int) -> None:
    """A network of the right shape: the mean of its pixels, many times."""
    pixels = opset.parameter([-1, 3, 299, 299], np.float32)
    mean = opset.reduce_mean(pixels, np.array([1, 2, 3]), False)
    rows = opset.reshape(mean, np.array([-1, 1]), False)
    openvino.save_model(openvino.Model([opset.tile(rows, np.array([1, num_features]))], [pixels]), path)


def test_pixels_go_in_as_the_published_fid_wants_them(tmp_path: Path) -> None:
    save_network(tmp_path / "net.xml", 2048)
    network = load_inception(tmp_path / "net.xml")
    features = network.vector(np.full((64, 64, 3), 192, np.uint8))
    assert network.name == "InceptionV3" and features.shape == (2048,)
    np.testing.assert_allclose(features, (192 - 128) / 128, atol=1e-3)


def test_resizing_keeps_whole_steps_at_the_corner(portrait: Image) -> None:
    resized = resize_like_tensorflow(portrait, 299)
    assert (resized[0, 0] == portrait[0, 0]).all()
    # torch reads the same places when it is told them: x = 2 * (i * 256 / 299) / 255 - 1
    places = torch.arange(299, dtype=torch.float64) * (256 / 299) * 2 / 255 - 1
    grid = torch.stack(torch.meshgrid(places, places, indexing="xy"), -1)[None]
    picture = torch.from_numpy(portrait).permute(2, 0, 1)[None].double()
    expected = torch.nn.functional.grid_sample(picture, grid, padding_mode="border", align_corners=True)
    np.testing.assert_allclose(resized, expected[0].permute(1, 2, 0).numpy(), atol=1e-2)


def test_another_network_is_refused(tmp_path: Path) -> None:
    save_network(tmp_path / "net.xml", 1000)
    with pytest.raises(
        CheckpointError, match=r"gives \(1, 1000\); InceptionV3 needs .* to \(N, 2048\); check the path"
    ):
        load_inception(tmp_path / "net.xml")
