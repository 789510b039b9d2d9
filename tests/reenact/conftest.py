"""A sitter, fresh weights of the smallest size and a cache of our own: what it takes to animate."""

from pathlib import Path

import pytest

from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.reenact.sitter import Sitter, make_sitter
from headcast.types import Image


@pytest.fixture(scope="session")
def sitter(astronaut: Image) -> Sitter:
    return make_sitter(astronaut)


@pytest.fixture(scope="session")
def small_sitter(astronaut: Image) -> Sitter:
    """A sitter for the smallest preset."""
    return make_sitter(astronaut, size=PRESETS["tiny"].image_size)


@pytest.fixture(scope="session")
def model() -> Model:
    """The shipped architecture, but tiny, with fresh weights, which show the warped shot almost as it is."""
    return build_model(PRESETS["tiny"], seed=0)


@pytest.fixture(scope="session")
def checkpoint(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "fresh.safetensors"
    save_checkpoint(path, model, CheckpointNotes("tiny"), half=False)  # bit for bit: converted once for all tests
    return path
