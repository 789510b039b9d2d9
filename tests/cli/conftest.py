from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from headcast.cli.main import main
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.types import Image


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def headcast(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs the command line as a user would, in this process."""

    def run(*words: object) -> Ended:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:  # argparse's own way out
            code = end.code
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained weights of the smallest preset: enough to drive a command."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    return path


@pytest.fixture(scope="session")
def write_still_video() -> Callable[..., None]:
    """Writes a video that shows one picture, at 24 frames a second."""

    def write(path: Path, image: Image, num_frames: int) -> None:
        with VideoWriter(path, (image.shape[1], image.shape[0]), Fraction(24)) as writer:
            for _ in range(num_frames):
                writer.write(image)

    return write
