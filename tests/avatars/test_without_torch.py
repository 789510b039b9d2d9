"""What users of a finished model run, in a process where torch cannot be imported."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion

WITHOUT_TORCH = """
import sys

TRAINING = ("torch", "torchmetrics", "tensorboard", "matplotlib", "scipy", "skimage", "mediapipe", "jax")

class Missing:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in TRAINING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing)
from headcast.cli.main import main
sys.exit(main())
"""


def run_without_torch(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `headcast WORDS` where torch is not installed."""
    command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("motions") / "short.motion"
    save_motion(path, builtin_motion("nod", seconds=0.1))
    return path


def test_a_photo_is_animated_and_verified(astronaut_path: Path, motion: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    ended = run_without_torch("animate", "-s", astronaut_path, "-d", motion, "-o", output, "--precision", "f32")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"{output}: 3 frames")
    assert run_without_torch("verify", output).returncode == 0


def test_an_avatar_is_animated(astronaut_path: Path, motion: Path, tmp_path: Path) -> None:
    from headcast.avatars.avatar_file import AvatarContent, save_avatar
    from headcast.reenact.source import open_source

    source, avatar = open_source(astronaut_path), tmp_path / "eileen.avatar"
    bias = source.avatar.close_ups["mouth"].generator["projection.bias"]
    tuned = replace(source.avatar, close_up_parameters={"mouth": bias[None]})  # as if tuned where there is torch
    save_avatar(avatar, AvatarContent(tuned, source.sitter.photo, source.sitter.box))
    ended = run_without_torch("animate", "-s", avatar, "-d", motion, "-o", tmp_path / "out.mp4")
    assert ended.returncode == 0, ended.stderr
    assert run_without_torch("avatar", "show", avatar).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("personalize", "-s", "PHOTO", "-o", "a.avatar"), "personalize needs torch .*headcast\\[train\\]"),
        (("evaluate", "--data", ".", "--report", "report"), "evaluate needs torch .*headcast\\[evaluate\\]"),
        (("study", "report", "nowhere"), "no study in nowhere"),  # what it takes is there
    ],
)
def test_what_cannot_be_done_ends_in_one_line(
    words: tuple[str, ...], message: str, astronaut_path: Path, tmp_path: Path
) -> None:
    ended = run_without_torch(*(astronaut_path if word == "PHOTO" else word for word in words), cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(f"headcast: error: (headcast )?{message}.*\n", ended.stderr)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("motion", "list"), ("photos", "check", "--help"), ("doctor",)])
def test_other_commands_run(words: tuple[str, ...]) -> None:
    ended = run_without_torch(*words)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0 or words == ("doctor",)


def test_photos_are_checked(astronaut_path: Path) -> None:
    ended = run_without_torch("photos", "check", astronaut_path.parent)
    assert ended.returncode == 0, ended.stderr


def test_weights_of_other_sizes_and_a_gpu_end_in_one_line(astronaut_path: Path, motion: Path, tmp_path: Path) -> None:
    from headcast.networks.checkpoint import save_checkpoint
    from headcast.networks.model import build_model
    from headcast.networks.notes import CheckpointNotes
    from headcast.networks.presets import PRESETS

    tiny = tmp_path / "tiny.safetensors"
    save_checkpoint(tiny, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    for words in (("--checkpoint", tiny), ("--device", "cuda")):
        ended = run_without_torch("animate", "-s", astronaut_path, "-d", motion, "-o", tmp_path / "o.mp4", *words)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1
        assert "needs torch" in ended.stderr and "pip install 'headcast[train]'" in ended.stderr
    assert not (tmp_path / "o.mp4").exists()
