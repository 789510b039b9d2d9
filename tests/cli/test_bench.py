import json

import pytest

from headcast.evaluation.bench import BenchResult

RESULT = BenchResult(
    {"processor": "a slow one"},
    12.3,
    "OpenVINO CPU f32",
    {"decode": (1.5, 2.5), "paste back": (8.5, 9.5)},
    (2.25, 1.75),
    7.5,
    None,
    12,
)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are known; how they are measured is tested beside that."""
    monkeypatch.setattr("headcast.evaluation.bench.run_bench", lambda *given, **named: RESULT)


def test_the_table_is_printed_for_people(headcast) -> None:
    lines = [line.strip() for line in headcast("bench").out.splitlines()]
    assert "processor: a slow one" in lines
    assert "matrix product: 12 GFLOP/s in f32" in lines
    assert "paste back:    8.5 ms p50,    9.5 ms p95" in lines
    assert "in a row:   10.0 ms, 100.0 frames a second" in lines
    assert "first frame: 2.25, 1.75 s from typing the command, one start after another" in lines
    assert "peak memory: unknown" in lines


def test_programs_get_the_same(headcast) -> None:
    answer = json.loads(headcast("bench", "--json").out)
    assert answer["ok"] and answer["stages_ms"] == {"decode": [1.5, 2.5], "paste back": [8.5, 9.5]}
    assert answer["first_frame_seconds"] == [2.25, 1.75]
