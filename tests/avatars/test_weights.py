"""Checkpoints read without torch against what torch makes of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from headcast.avatars.avatar import make_avatar
from headcast.avatars.from_torch import weights_of
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network
from headcast.avatars.weights import load_weights
from headcast.errors import CheckpointError
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.networks.tensors import images_to_tensor
from headcast.types import Shot
from headcast.warping.draw import draw_landmark_image

NORMED = replace(PRESETS["lite"], spectral_norm=True)


@pytest.fixture(scope="module")
def model() -> Model:
    """A model under spectral norm, after some steps of its power iteration."""
    model = build_model(NORMED, seed=3)
    model.embedder.train()(torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256))
    model.generator.train()(torch.rand(1, 13, 256, 256), model.generator.project(torch.rand(1, 256)))
    model.embedder.eval()
    model.generator.eval()
    return model


@pytest.fixture(scope="module")
def path(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "normed.safetensors"
    save_checkpoint(path, model, CheckpointNotes("lite"), half=False)
    return path


def test_spectral_norm_is_folded_as_torch_folds_it(path: Path, model: Model) -> None:
    found, expected = load_weights(path), weights_of(model)
    assert found.config == expected.config == PRESETS["lite"]
    for network in ("embedder", "generator"):
        ours, theirs = getattr(found, network), getattr(expected, network)
        assert set(ours) == set(theirs)
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5, rtol=1e-4)


def test_frames_from_folded_weights_are_those_of_torch(path: Path, model: Model) -> None:
    random = np.random.default_rng(0)
    conditioning = random.uniform(0, 1, (1, 13, 128, 128)).astype(np.float32)  # reduced
    embedding = torch.rand(1, 256, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        parameters = model.generator.project(embedding)
        expected = model.generator.draw(torch.from_numpy(conditioning), parameters).numpy()
    weights = load_weights(path)
    drawn = Network(find_graph(weights.config, "generator"), weights.generator)(conditioning, parameters.numpy())[0]
    np.testing.assert_allclose(drawn, expected, atol=1e-4)


@pytest.mark.parametrize("num_shots", [1, 2])
def test_an_avatar_is_bound_by_the_mean_embedding_as_in_the_paper(
    path: Path, model: Model, shot: Shot, num_shots: int
) -> None:
    mirrored = Shot(shot.image[:, ::-1].copy(), shot.landmarks[:, :] * [-1, 1, 1] + [255, 0, 0], shot.matte[:, ::-1])
    shots = [shot, mirrored][:num_shots]
    images = [draw_landmark_image(each.landmarks, 256) for each in shots]
    with torch.inference_mode():
        embedding = model.embedder(images_to_tensor([each.image for each in shots]), images_to_tensor(images))
        expected = model.generator.project(embedding.mean(0, keepdim=True)).numpy()
    avatar = make_avatar(load_weights(path), shots)
    assert avatar.adain_parameters.shape == expected.shape and avatar.image_size == 256
    np.testing.assert_allclose(avatar.adain_parameters, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("generator.head.bias", torch.full((16,), torch.nan), "generator.head.bias holds numbers that are not finite"),
        ("generator.head.bias", torch.zeros(17), r"generator.head.bias should be \(16,\)"),
        ("embedder.extra", torch.zeros(1), "tensor 'embedder.extra' is missing or unknown"),
        ("generator.head.bias", torch.zeros(16, dtype=torch.float64), "in F16 or F32"),
    ],
)
def test_a_strangers_weights_are_refused_in_one_line(tmp_path: Path, path: Path, name, value, message) -> None:
    content = path.read_bytes()
    metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    save_file({**load_file(path), name: value}, tmp_path / "hostile.safetensors", metadata)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_weights(tmp_path / "hostile.safetensors")
    assert "\n" not in str(caught.value) and "hostile" in str(caught.value)


def test_a_file_that_is_cut_short_or_missing_is_refused(tmp_path: Path, path: Path) -> None:
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-50])
    with pytest.raises(CheckpointError, match="is damaged"):
        load_weights(tmp_path / "cut.safetensors")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_weights(str(tmp_path / "none.safetensors"))
