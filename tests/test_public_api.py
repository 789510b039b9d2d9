import doctest
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import headcast
from headcast.media.images import write_image
from headcast.media.portraits import read_portrait
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS

EXAMPLES = [headcast, *(getattr(headcast, name) for name in headcast.__all__)]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_all_is_sorted_and_every_name_is_there():
    assert headcast.__all__ == sorted(headcast.__all__)
    for name in headcast.__all__:
        assert getattr(headcast, name).__name__ == name


def test_dir_lists_the_public_names():
    assert set(headcast.__all__) <= set(dir(headcast))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'headcast' has no attribute 'anmate'"):
        headcast.anmate  # noqa: B018


@pytest.mark.parametrize(
    "code",
    [
        "import headcast",
        "from headcast.cli.main import build_parser; build_parser(['animate'])",
        "from headcast.cli.main import main\ntry: main(['animate', '--help'])\nexcept SystemExit: pass",
    ],
)
def test_importing_is_light(code):
    heavy = {"torch", "mediapipe", "cv2", "openvino", "av", "scipy", "skimage", "matplotlib", "PIL", "numpy", "tqdm"}
    code += "\nimport sys; print('loaded:', *sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ended.stdout.rpartition("loaded:")[2].split()
    assert "headcast" in loaded
    assert not heavy & set(loaded)


@pytest.fixture(scope="module")
def example_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples read."""
    folder = tmp_path_factory.mktemp("examples")
    photo = np.asarray(read_portrait("astronaut"))
    write_image(folder / "alice.png", photo, {})
    with VideoWriter(folder / "speech.mp4", (512, 512), Fraction(30)) as writer:
        for _ in range(6):
            writer.write(photo)
    headcast.save_motion(folder / "nod.motion", headcast.builtin_motion("nod", seconds=0.2))
    save_checkpoint(folder / "tiny.safetensors", build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    return folder


def examples_of(thing: object) -> list[doctest.DocTest]:
    name = thing.__name__  # type: ignore[attr-defined]
    found = doctest.DocTestFinder(recurse=False).find(thing, name, globs={"headcast": headcast, "Path": Path})
    return [test for test in found if test.examples]


@pytest.mark.parametrize("thing", [thing for thing in EXAMPLES if examples_of(thing)], ids=lambda thing: thing.__name__)
def test_examples_do_what_they_say(thing: object, example_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example_dir)
    said: list[str] = []
    for test in examples_of(thing):
        doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert not said, "".join(said)


def test_every_public_name_is_shown_by_an_example() -> None:
    lines = [line for thing in EXAMPLES for test in examples_of(thing) for line in test.examples]
    shown = "".join(line.source + line.want for line in lines)
    assert [name for name in headcast.__all__ if f"{name}(" not in shown and f"headcast.{name} " not in shown] == []
