import json
import sys
from pathlib import Path

import pytest

from headcast.training.journal import Journal


def position(step: int) -> dict[str, float]:
    return {"step": step, "num_samples": 4 * step, "seconds": 1.5}


def steps_of(run_dir: Path) -> list[tuple[str, int]]:
    lines = map(json.loads, (run_dir / "stats.jsonl").read_text().splitlines())
    return [(line["kind"], line["step"]) for line in lines]


def test_a_resumed_run_strikes_out_what_came_after_its_state(tmp_path: Path) -> None:
    first = Journal(tmp_path, 0, report=lambda line: None)
    for step in (2, 4, 6):
        first.write("train", position(step), {"mouth": float(step)}, share=0.1)
    first.warn(position(6), "it burns")
    first.close()
    second = Journal(tmp_path, 4, report=lambda line: None)
    assert steps_of(tmp_path) == [("train", 2), ("train", 4)]
    assert second.last_figures["mouth"] == 4.0  # what the next alarm is compared with
    second.warn(position(5), "it burns")
    second.close()
    assert steps_of(tmp_path) == [("train", 2), ("train", 4), ("alarm", 5)]
    assert json.loads((tmp_path / "stats.jsonl").read_text().splitlines()[-1])["alarm"] == "it burns"


def test_people_read_it_on_the_screen(tmp_path: Path) -> None:
    said: list[str] = []
    notes = Journal(tmp_path, 0, said.append)
    notes.write("train", position(2), {"mouth": 3.14159, "eyes": 2.0}, share=0.25)
    notes.close()
    assert said[-1] == "train 8 samples, 25.0%, 2 s:  mouth 3.142  eyes 2"


def test_without_tensorboard_it_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    said: list[str] = []
    notes = Journal(tmp_path, 0, said.append)
    for step in (2, 4):
        notes.write("train", position(step), {"mouth": 1.0}, share=0.1)
    assert [line for line in said if "TensorBoard" in line] == [
        "TensorBoard's files are not written; for them: pip install 'headcast[train]'"
    ]
    assert not (tmp_path / "tensorboard").exists()


def test_tensorboard_shows_the_same_figures(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    notes = Journal(tmp_path, 0, report=lambda line: None)
    for step in (2, 4):
        notes.write("train", position(step), {"mouth": 0.5 * step}, share=0.1)
    notes.close()
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/mouth")] == [(2, 1.0), (4, 2.0)]


def test_no_more_of_a_run_is_over_than_all_of_it(tmp_path: Path) -> None:
    """The last step may take longer than the minutes that were left."""
    lines: list[str] = []
    journal = Journal(tmp_path, 0, report=lines.append)
    journal.write("train", position(2), {"mouth": 1.0}, share=1.89)
    journal.close()
    assert "100.0%" in lines[-1]
