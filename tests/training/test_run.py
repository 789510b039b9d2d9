import itertools
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from headcast.errors import CheckpointError, DataError
from headcast.networks.checkpoint import load_checkpoint, read_notes
from headcast.training.config import training_config
from headcast.training.episode import EpisodeBatch
from headcast.training.run import RunFiles, train
from tests.training.conftest import make_batch

SETTINGS = {"precision": "f32", "log_steps": 2, "validate_steps": 4, "adversarial_start": 0.3}
VALIDATION = [make_batch(seed=100)]


def episodes(first: int = 0) -> Iterator[EpisodeBatch]:
    return (make_batch(seed=seed) for seed in itertools.count(first))


def run(run_dir: Path, num_samples: int, batches: Iterator[EpisodeBatch], resume: bool = False, **changes: Any) -> Path:
    config = training_config("tiny", num_samples=num_samples, **{**SETTINGS, **changes})
    files = RunFiles(run_dir, resume=resume)
    return train(config, batches, VALIDATION, files, num_videos=3, drawing_style=5, report=lambda line: None)


def test_a_run_leaves_checkpoint_statistics_and_samples(tmp_path: Path) -> None:
    checkpoint = run(tmp_path / "run", 24, episodes())  # 6 steps of 4
    assert load_checkpoint(checkpoint).config.image_size == 64
    notes = read_notes(checkpoint)
    assert (notes.preset, notes.step, notes.drawing_style) == ("tiny", 6, 5)
    assert notes.training["num_samples"] == 24 and "other_embedding" in notes.training["validation"]
    lines = [json.loads(line) for line in (tmp_path / "run" / "stats.jsonl").read_text().splitlines()]
    kinds = [(line["kind"], line["num_samples"]) for line in lines]
    assert kinds == [("train", 8), ("train", 16), ("validation", 16), ("train", 24), ("validation", 24)]
    assert "discriminator" not in lines[0] and lines[3]["discriminator"] > 0
    picture = np.asarray(Image.open(tmp_path / "run" / "samples" / "0000006.png"))
    assert picture.shape == (4 * 64, 7 * 64, 3)
    target = (VALIDATION[0].target[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(picture[:64, 6 * 64 :] - target).max() <= 1  # the last column is the target
    settings = json.loads((tmp_path / "run" / "run.json").read_text())
    assert settings["content_loss"].startswith("offline") and settings["versions"]["torch"] == torch.__version__
    assert not list((tmp_path / "run").rglob("*.part"))


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    # the learning rate reads the budget, so both runs are given the same one and the first is cut by its episodes
    run(tmp_path / "whole", 32, episodes())
    run(tmp_path / "broken", 32, itertools.islice(episodes(), 5))
    run(tmp_path / "broken", 32, episodes(5), resume=True)
    tensors = [load_checkpoint(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "broken")]
    for name in ("embedder", "generator", "discriminator"):
        whole, broken = (getattr(model, name).state_dict() for model in tensors)
        for key in whole:
            torch.testing.assert_close(broken[key], whole[key], atol=0, rtol=0)


def test_a_signal_ends_the_run_with_everything_saved(tmp_path: Path) -> None:
    def interrupted() -> Iterator[EpisodeBatch]:
        yield make_batch(seed=0)
        os.kill(os.getpid(), signal.SIGTERM)
        yield from episodes()

    earlier = signal.getsignal(signal.SIGTERM)
    checkpoint = run(tmp_path / "run", 4000, interrupted())
    assert read_notes(checkpoint).step == 1  # the second batch came after the signal
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert signal.getsignal(signal.SIGTERM) is earlier


def test_a_folder_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    run(tmp_path / "run", 4, episodes())
    with pytest.raises(DataError, match="already holds a run; resume it or give another folder"):
        run(tmp_path / "run", 4, episodes())


def test_resuming_nothing_or_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no run to resume: .* start without --resume"):
        run(tmp_path / "run", 4, episodes(), resume=True)
    run(tmp_path / "run", 4, episodes())
    config = training_config("tiny_paper", num_samples=4, **SETTINGS)
    with pytest.raises(CheckpointError, match="does not fit this run .* resume with the settings of its run") as caught:
        files = RunFiles(tmp_path / "run", resume=True)
        train(config, episodes(), VALIDATION, files, num_videos=3, report=lambda line: None)
    assert "\n" not in str(caught.value)


def test_a_broken_state_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "run", 4, episodes())
    state = tmp_path / "run" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="does not fit this run"):
        run(tmp_path / "run", 8, episodes(), resume=True)


def test_data_without_an_episode_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no episode to train on"):
        run(tmp_path / "run", 4, iter(()))


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    checkpoint = run(tmp_path / "run", 4, episodes())
    before = checkpoint.read_bytes()
    assert run(tmp_path / "run", 4, episodes(), resume=True).read_bytes() == before
