"""Files of weights with close-ups of mouth and eyes: what they give, and which are refused."""

from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from headcast.avatars.avatar import make_avatar
from headcast.avatars.from_torch import weights_of
from headcast.avatars.weights import load_weights
from headcast.close_ups.parts import PARTS
from headcast.errors import CheckpointError
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import Model, build_model
from headcast.networks.presets import PRESETS
from headcast.reenact.sitter import Sitter

EACH_PART = pytest.mark.parametrize("part", PARTS)


def joined(path: Path, model: Path, close_ups: dict[str, Model]) -> Path:
    """A model's file with close-ups in it."""
    with safe_open(model, "numpy") as file:
        metadata = file.metadata()
    tensors = load_file(model)
    for part, close_up in close_ups.items():
        for name, network in (("embedder", close_up.embedder), ("generator", close_up.generator)):
            tensors |= {f"{part}.{name}.{key}": value.numpy() for key, value in network.state_dict().items()}
    save_file(tensors, path, metadata)
    return path


@pytest.mark.parametrize("parts", [(), ("mouth",), ("eyes",), ("mouth", "eyes")], ids="+".join)
def test_a_file_gives_avatars_the_close_ups_that_it_has(
    parts: tuple[str, ...], checkpoint: Path, tmp_path: Path, small_sitter: Sitter
) -> None:
    models = {part: build_model(PRESETS[part], seed=5) for part in parts}
    path = joined(tmp_path / "joined.safetensors", checkpoint, models)
    avatar = make_avatar(load_weights(path), [small_sitter.shot])
    assert set(avatar.close_ups) == set(parts)
    for part, model in models.items():
        expected = weights_of(model).generator
        assert set(avatar.close_ups[part].generator) == set(expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(avatar.close_ups[part].generator[name], value)
    assert load_checkpoint(path).config == PRESETS["tiny"]  # torch reads what it learns from


@EACH_PART
def test_a_close_up_of_other_shapes_is_refused(part: str, checkpoint: Path, tmp_path: Path) -> None:
    path = joined(tmp_path / "joined.safetensors", checkpoint, {part: build_model(PRESETS[part], seed=5)})
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors[f"{part}.generator.head.bias"] = np.zeros(3, np.float32)
    save_file(tensors, path, metadata)
    with pytest.raises(CheckpointError, match="head.bias"):
        load_weights(path)
    del tensors[f"{part}.generator.head.bias"]
    save_file(tensors, path, metadata)
    with pytest.raises(CheckpointError, match="head.bias"):
        load_weights(path)


def test_a_close_up_of_an_unknown_part_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with safe_open(checkpoint, "numpy") as file:
        metadata = file.metadata()
    path = tmp_path / "nose.safetensors"
    save_file({**load_file(checkpoint), "nose.generator.head.bias": np.zeros(16, np.float32)}, path, metadata)
    with pytest.raises(CheckpointError, match="nose"):
        load_weights(path)
