"""Fresh weights of the smallest size, and pictures of the two public-domain people."""

from pathlib import Path

import pytest

from headcast.cli.demo import PHOTOS
from headcast.media.images import write_image
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "fresh.safetensors"
    save_checkpoint(path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    return path


@pytest.fixture(scope="session")
def hopper_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grace Hopper (US Navy, public domain): lips closed, eyes open."""
    path = tmp_path_factory.mktemp("photos") / "hopper.png"
    write_image(path, PHOTOS["hopper"](), {})
    return path
