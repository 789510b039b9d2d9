import numpy as np
import pytest
import torch
from torch.nn import functional

from headcast.training.episode import EpisodeBatch, batch_from_arrays


def arrays(dtype: type) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)

    def pixels(*shape: int) -> np.ndarray:
        return random.integers(0, 256, shape).astype(dtype)

    return {
        "shots": pixels(2, 1, 3, 8, 8),
        "shot_landmark_images": pixels(2, 1, 3, 8, 8),
        "conditioning": pixels(2, 13, 16, 16),
        "target": pixels(2, 3, 16, 16),
        "region_weights": random.random((2, 1, 16, 16)).astype(np.float32),
        "mouth_boxes": np.array([[1, 2, 3, 4]] * 2),
        "eye_boxes": np.array([[1, 2, 3, 4]] * 2),
        "video_index": np.array([3, 5], np.int32),
    }


def test_bytes_become_the_ranges_of_the_networks() -> None:
    values = arrays(np.uint8)
    values["target"][0, 0, 0, :2] = 0, 255
    values["conditioning"][0, 5, 0, 0], values["conditioning"][0, 6, 0, :2] = 0, (0, 255)
    batch = batch_from_arrays(values)
    assert len(batch) == 2 and batch.video_index.dtype == torch.int64
    assert batch.target[0, 0, 0, :2].tolist() == [-1, 1]
    assert batch.conditioning[0, 5, 0, 0] == -1  # the last channel of the warped shot
    assert batch.conditioning[0, 6, 0, :2].tolist() == [0, 1]  # the first map
    assert batch.mouth_boxes[1].tolist() == [1, 2, 3, 4]


def test_floats_are_taken_as_they_are() -> None:
    values = arrays(np.float32)
    batch = batch_from_arrays(values)
    for name in ("shots", "conditioning", "target"):
        assert np.array_equal(getattr(batch, name).numpy(), values[name])


def test_moving_keeps_the_values() -> None:
    moved = batch_from_arrays(arrays(np.uint8)).to(torch.device("cpu"))
    assert moved.target.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(moved.target, batch_from_arrays(arrays(np.uint8)).target)


def test_a_missing_array_is_named() -> None:
    values = arrays(np.uint8)
    del values["eye_boxes"]
    with pytest.raises(KeyError, match="eye_boxes"):
        batch_from_arrays(values)


def test_smaller_frames_show_the_same_and_boxes_follow(batch: EpisodeBatch) -> None:
    small = batch.resized(32)
    torch.testing.assert_close(small.target, functional.avg_pool2d(batch.target, 2))
    assert small.conditioning.shape[-1] == small.region_weights.shape[-1] == 32
    assert small.mouth_boxes[0].tolist() == [10.0, 20.0, 12.0, 8.0]
    assert torch.equal(small.shots, batch.shots) and batch.resized(64) is batch


def test_rows_are_episodes(batch: EpisodeBatch) -> None:
    rows = batch.rows(slice(1, 3))
    assert len(rows) == 2 and torch.equal(rows.shots, batch.shots[1:3]) and torch.equal(rows.target, batch.target[1:3])
