"""Thousands of damaged files of every format, in child processes with ceilings of time and memory."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hypothesis", reason="Hypothesis is not installed; run make test")

PROGRAM = Path(__file__).parent / "fuzz_program.py"
LIGHT = (
    "motion", "shard", "tar of clips", "manifest", "part", "list", "annotation", "study key", "study answers",
    "sheet answers", "sheet key", "study request", "call packets", "marks", "record", "avatar", "checkpoint",
    "picture.png", "picture.jpg", "picture.webp", "picture.gif", "picture.tif", "picture.bmp", "picture.ppm",
)  # fmt: skip
TORCH = "checkpoint for torch"  # which takes half a second to build networks of each size


def _fuzz(seed: int, count: int, *names: str) -> None:
    ended = subprocess.run(
        [sys.executable, PROGRAM, str(seed), str(count), *names],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    print(ended.stdout[-6000:])
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert ended.stdout.count(f": seed {seed}, ") == len(names)


def test_two_hundred_damaged_files_of_each_format():
    """The same ones each time, so that a change is to blame where this fails."""
    _fuzz(0, 200, *LIGHT)


def test_damaged_checkpoints_for_torch():
    _fuzz(0, 20, TORCH)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LIGHT, TORCH])
def test_twenty_thousand_damaged_files_of_each_format(name: str):
    """Others each time; the seed is printed. HEADCAST_SEED=N tries one again, HEADCAST_EXAMPLES=N other numbers."""
    seed = int(os.environ.get("HEADCAST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}")
    _fuzz(seed, int(os.environ.get("HEADCAST_EXAMPLES", "20000")), name)
