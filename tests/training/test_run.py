import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from headcast.errors import CheckpointError, DataError
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.notes import read_notes
from headcast.training.config import training_config
from headcast.training.episode import EpisodeBatch
from headcast.training.run import MOST_CHECKPOINTS, RunFiles, train
from headcast.types import DRAWING_STYLE
from tests.training.conftest import make_batch

SETTINGS = {"precision": "f32", "log_steps": 2, "validate_steps": 4, "adversarial_start": 0.3}
VALIDATION = [make_batch(seed=100)]
Batches = Callable[[int], Iterator[EpisodeBatch]]


def episodes(first: int = 0) -> Iterator[EpisodeBatch]:
    return (make_batch(seed=seed) for seed in itertools.count(first))


def run(run_dir: Path, num_samples: int, batches: Batches = episodes, resume: bool = False, **changes: Any) -> Path:
    config = training_config("tiny", num_samples=num_samples, **{**SETTINGS, **changes})
    files = RunFiles(run_dir, resume=resume)
    return train(config, batches, VALIDATION, files, num_videos=3, report=lambda line: None)


def lines_of(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "stats.jsonl").read_text().splitlines()]


def test_a_run_leaves_checkpoint_statistics_and_samples(tmp_path: Path) -> None:
    checkpoint = run(tmp_path / "run", 24)  # 6 steps of 4
    assert load_checkpoint(checkpoint).config.image_size == 64
    notes = read_notes(checkpoint)
    assert (notes.preset, notes.step, notes.drawing_style) == ("tiny", 6, DRAWING_STYLE)
    assert notes.training["num_samples"] == 24 and "other_embedding" in notes.training["validation"]
    lines = [line for line in lines_of(tmp_path / "run") if line["kind"] != "alarm"]
    kinds = [(line["kind"], line["num_samples"]) for line in lines]
    assert kinds == [("train", 8), ("train", 16), ("validation", 16), ("train", 24), ("validation", 24)]
    assert "discriminator" not in lines[0] and lines[3]["discriminator"] > 0
    picture = np.asarray(Image.open(tmp_path / "run" / "samples" / "00000006.png"))
    assert picture.shape == (4 * 64, 7 * 64, 3)
    target = (VALIDATION[0].target[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(picture[:64, 6 * 64 :] - target).max() <= 1  # the last column is the target
    settings = json.loads((tmp_path / "run" / "run.json").read_text())
    assert settings["content_loss"].startswith("offline") and settings["versions"]["torch"] == torch.__version__
    assert not list((tmp_path / "run").rglob("*.part"))


def test_a_run_begins_with_the_weights_of_a_checkpoint(tmp_path: Path) -> None:
    first = run(tmp_path / "first", 24)
    config = training_config("tiny", num_samples=4, **{**SETTINGS, "learning_rate": 0.0})
    files = RunFiles(tmp_path / "second", start_path=first)
    second = train(config, episodes, VALIDATION, files, num_videos=3, report=lambda line: None)
    learned, kept = load_file(first), load_file(second)
    assert learned.keys() == kept.keys()
    for name in learned:
        if name.startswith(("embedder", "generator")):  # at rate 0 they stay, to half precision
            torch.testing.assert_close(kept[name], learned[name], atol=1e-3, rtol=1e-3)
    assert json.loads((tmp_path / "second" / "run.json").read_text())["start"] == str(first)
    files = RunFiles(tmp_path / "third", start_path=first)
    with pytest.raises(DataError, match="networks of other sizes than tiny_paper; give its own --preset"):
        train(training_config("tiny_paper", num_samples=4), episodes, VALIDATION, files, num_videos=3)


def timeless(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    clock = {"seconds", "samples_per_second", "loading_share"}
    return [{name: value for name, value in line.items() if name not in clock} for line in lines]


class KilledError(Exception):
    """Stands for a SIGKILL: nothing is saved on the way out."""


def test_a_run_killed_and_resumed_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    def killed(first: int) -> Iterator[EpisodeBatch]:
        yield from itertools.islice(episodes(first), 7)  # three steps after the last state was saved
        raise KilledError

    run(tmp_path / "whole", 44)
    with pytest.raises(KilledError):
        run(tmp_path / "broken", 44, killed)
    with (tmp_path / "broken" / "stats.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')  # the line that was being written
    run(tmp_path / "broken", 44, resume=True)
    whole, broken = (load_checkpoint(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "broken"))
    for name in ("embedder", "generator", "discriminator"):
        expected, found = getattr(whole, name).state_dict(), getattr(broken, name).state_dict()
        assert all(torch.equal(found[key], expected[key]) for key in expected), name
    videos = [next((tmp_path / name / "state").glob("*/videos.safetensors")) for name in ("whole", "broken")]
    assert load_file(videos[0]).keys() == load_file(videos[1]).keys()
    assert all(torch.equal(load_file(videos[0])[key], load_file(videos[1])[key]) for key in load_file(videos[0]))
    clock = {"seconds", "samples_per_second", "loading_share"}
    figures = [
        [{k: v for k, v in line.items() if k not in clock} for line in lines_of(tmp_path / name)]
        for name in ("whole", "broken")
    ]
    assert figures[0] == figures[1]


@pytest.mark.slow
def test_a_sigkill_at_any_moment_leaves_nothing_behind(tmp_path: Path) -> None:
    num_samples = 4 * 40
    program = f"from tests.training.test_run import run, Path; run(Path({str(tmp_path / 'broken')!r}), {num_samples})"
    command = [sys.executable, "-c", program]
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": root})
    while not list((tmp_path / "broken").glob("state/000000[12]*")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.kill()
    process.wait()
    run(tmp_path / "broken", num_samples, resume=True)
    run(tmp_path / "whole", num_samples)
    assert timeless(lines_of(tmp_path / "broken")) == timeless(lines_of(tmp_path / "whole"))
    states = [load_file(tmp_path / name / "state/00000040/networks.safetensors") for name in ("broken", "whole")]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[1])


def test_a_state_that_was_being_written_is_ignored(tmp_path: Path) -> None:
    run(tmp_path / "run", 8)
    unfinished = tmp_path / "run" / "state" / ".headcast-0123456789abcdef.part"
    unfinished.mkdir()
    (unfinished / "networks.safetensors").write_bytes(b"half")
    run(tmp_path / "run", 16, resume=True)
    assert [path.name for path in (tmp_path / "run" / "state").iterdir()] == ["00000004"]


def test_the_step_says_where_the_data_go_on(tmp_path: Path) -> None:
    asked: list[int] = []

    def noted(first: int) -> Iterator[EpisodeBatch]:
        asked.append(first)
        return episodes(first)

    run(tmp_path / "run", 24, noted)
    run(tmp_path / "run", 32, noted, resume=True)
    assert asked == [0, 6]


def test_time_is_told_apart_by_what_it_was_spent_on(tmp_path: Path) -> None:
    def slow(first: int) -> Iterator[EpisodeBatch]:
        for batch in episodes(first):
            time.sleep(0.3)
            yield batch

    run(tmp_path / "run", 16, slow, log_steps=4)
    line = lines_of(tmp_path / "run")[0]
    seconds = 16 / line["samples_per_second"]
    assert 4 * 0.3 <= line["loading_share"] * seconds * 1.001 < seconds  # waiting is no shorter than the sleep


def test_checkpoints_and_states_of_long_runs_do_not_pile_up(tmp_path: Path) -> None:
    run(tmp_path / "run", 4 * 30, validate_steps=2)
    steps = [int(path.stem) for path in sorted((tmp_path / "run" / "checkpoints").iterdir())]
    assert len(steps) == MOST_CHECKPOINTS and steps[0] == 2 and steps[-1] == 30
    assert [path.name for path in (tmp_path / "run" / "state").iterdir()] == ["00000030"]


def test_an_alarm_stands_in_the_statistics_and_on_the_screen(tmp_path: Path) -> None:
    said: list[str] = []
    config = training_config("tiny", num_samples=16, **SETTINGS)
    train(config, episodes, VALIDATION, RunFiles(tmp_path / "run"), num_videos=3, report=said.append)
    alarms = [line["alarm"] for line in lines_of(tmp_path / "run") if line["kind"] == "alarm"]
    assert "the embedding is hardly used" in " ".join(alarms)  # no generator uses it after four steps
    assert all(f"  alarm: {alarm}" in said for alarm in alarms)


def test_a_signal_ends_the_run_with_everything_saved(tmp_path: Path) -> None:
    """In a program of its own: a signal to one that had run many other tests has crashed it."""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-m", __name__, str(tmp_path)], cwd=root, check=True, timeout=120)


def interrupt_a_run(folder: Path) -> None:
    def interrupted(first: int) -> Iterator[EpisodeBatch]:
        yield make_batch(seed=0)
        os.kill(os.getpid(), signal.SIGTERM)
        yield from episodes(first + 1)

    earlier = signal.getsignal(signal.SIGTERM)
    checkpoint = run(folder / "run", 4000, interrupted)
    assert read_notes(checkpoint).step == 1  # the second batch came after the signal
    assert (folder / "run" / "state" / "00000001" / "networks.safetensors").exists()
    assert signal.getsignal(signal.SIGTERM) is earlier


def test_a_folder_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    run(tmp_path / "run", 4)
    with pytest.raises(DataError, match="already holds a run; resume it or give another folder"):
        run(tmp_path / "run", 4)


def test_resuming_nothing_or_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no run to resume: .* holds no state; start without --resume"):
        run(tmp_path / "run", 4, resume=True)
    run(tmp_path / "run", 4)
    config = training_config("tiny_paper", num_samples=4, **SETTINGS)
    with pytest.raises(CheckpointError, match="does not fit this run .* resume with the settings of its run") as caught:
        files = RunFiles(tmp_path / "run", resume=True)
        train(config, episodes, VALIDATION, files, num_videos=3, report=lambda line: None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["networks.safetensors", "videos.safetensors"])
def test_a_broken_state_is_refused(file: str, tmp_path: Path) -> None:
    run(tmp_path / "run", 4)
    state = tmp_path / "run" / "state" / "00000001" / file
    state.write_bytes(state.read_bytes()[:200])
    with pytest.raises(CheckpointError, match="does not fit this run"):
        run(tmp_path / "run", 8, resume=True)


def test_data_without_an_episode_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no episode to train on"):
        run(tmp_path / "run", 4, lambda first: iter(()))


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    checkpoint = run(tmp_path / "run", 4)
    before = checkpoint.read_bytes()
    assert run(tmp_path / "run", 4, resume=True).read_bytes() == before


if __name__ == "__main__":
    interrupt_a_run(Path(sys.argv[1]))
