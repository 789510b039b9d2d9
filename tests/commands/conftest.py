"""Every command of `headcast --help` with the smallest input it does real work on, for tests of whole processes."""

import shutil
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion
from headcast.media.images import write_image
from headcast.media.portraits import PORTRAITS, read_portrait
from headcast.media.writer import VideoWriter
from headcast.networks.notes import CheckpointNotes, default_checkpoint_path
from headcast.networks.presets import PRESETS
from headcast.tracking.track import find_face

Words = list[str]


@pytest.fixture(scope="session")
def small_inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos, a clip of each that moves a little, a short motion, and a checkpoint, small where there is torch."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "photos").mkdir()
    (folder / "clips").mkdir()
    for name in PORTRAITS:
        picture = read_portrait(name)
        write_image(folder / "photos" / f"{name}.png", picture, {})
        middle = find_face(picture)[:, :2].mean(0).astype(int)
        left, top = np.clip(middle - 128, 8, np.array(picture.shape[1::-1]) - 264)
        with VideoWriter(folder / "clips" / f"{name}.mp4", (256, 256), Fraction(25)) as writer:
            for step in range(8):
                writer.write(np.ascontiguousarray(picture[top : top + 256, left + step : left + step + 256]))
    save_motion(folder / "nod.motion", builtin_motion("nod", 0.3, Fraction(20)))
    if find_spec("torch"):
        from headcast.networks.checkpoint import save_checkpoint
        from headcast.networks.model import build_model

        save_checkpoint(
            folder / "checkpoint.safetensors", build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny")
        )
    else:
        shutil.copy(default_checkpoint_path(), folder / "checkpoint.safetensors")
    return folder


@pytest.fixture(scope="session")
def long_commands(small_inputs: Path) -> dict[str, Callable[[Path], Words]]:
    """The commands that write for long: what to type, given a new folder; each then makes one thing in it."""
    photo, model = str(small_inputs / "photos" / "astronaut.png"), str(small_inputs / "checkpoint.safetensors")
    motion, clips = str(small_inputs / "nod.motion"), str(small_inputs / "clips")
    tiny = ["--preset", "tiny", "--batch-size", "2", "--samples", "8"]
    return {
        "animate": lambda out: ["animate", "-s", photo, "--motion", motion, "-o", f"{out}/out.mp4"],
        "personalize": lambda out: [
            "personalize", "-s", photo, "--steps", "4", "--checkpoint", model, "-o", f"{out}/out.avatar"
        ],
        "prepare": lambda out: ["prepare", str(small_inputs / "photos"), f"{out}/out", "--workers", "1"],
        "train": lambda out: ["train", "--data", clips, "--run", f"{out}/out", *tiny],
        "evaluate": lambda out: [
            "evaluate", "--model", model, "--data", clips, "--targets", "2", "--report", f"{out}/out"
        ],
    }  # fmt: skip
