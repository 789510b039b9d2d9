"""Every writer, stopped at each of its steps: see writers_program.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hypothesis", reason="Hypothesis is not installed; run make test")

PROGRAM = Path(__file__).parent / "writers_program.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that split")
def test_a_writer_stopped_at_any_step_leaves_the_target_absent_or_whole():
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", PROGRAM],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert ended.stdout.count(" steps\n") == 12
