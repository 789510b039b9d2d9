import numpy as np
import pytest
import torch

from headcast.networks.tensors import (
    conditioning_to_array,
    conditioning_to_tensor,
    image_to_tensor,
    images_to_tensor,
    tensor_to_image,
)
from headcast.types import CONDITIONING_MAPS, Conditioning


def random_image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def test_images_survive_the_door_in_both_directions() -> None:
    every_value = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    tensor = image_to_tensor(every_value)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor.min() == -1 and tensor.max() == 1
    assert np.array_equal(tensor_to_image(tensor), every_value)
    assert np.array_equal(tensor_to_image(tensor[0]), every_value)


def test_rows_columns_and_colours_keep_their_places() -> None:
    first, second = random_image(0), random_image(1)
    tensor = images_to_tensor([first, second])
    assert tensor[1, 2, 3, 5].item() == pytest.approx(second[3, 5, 2] / 127.5 - 1, abs=1e-6)


def test_values_out_of_range_are_clipped() -> None:
    assert tensor_to_image(torch.tensor([-3.0, 0.0, 3.0]).view(3, 1, 1)).tolist() == [[[0, 128, 255]]]


def test_conditioning_has_the_order_that_generators_read() -> None:
    maps = np.random.default_rng(2).random((4, 6, len(CONDITIONING_MAPS)), dtype=np.float32)
    conditioning = Conditioning(random_image(0), random_image(1), maps)
    tensor = conditioning_to_tensor(conditioning, 13)
    assert tensor.shape == (1, 13, 4, 6) and tensor.dtype == torch.float32
    torch.testing.assert_close(tensor[:, :3], image_to_tensor(conditioning.landmark_image))
    torch.testing.assert_close(tensor[:, 3:6], image_to_tensor(conditioning.warped))
    assert np.array_equal(tensor[0, 6:].numpy(), maps.transpose(2, 0, 1))
    assert np.array_equal(conditioning_to_array(conditioning, 3), tensor[:, :3].numpy())
