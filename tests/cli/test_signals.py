import signal
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os, sys
from headcast.cli.signals import ended_by_signals
from headcast.files import replaced_on_success
with ended_by_signals(), replaced_on_success(sys.argv[1]) as content:
    content.write_text("half")
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_leaves_nothing_behind(tmp_path: Path, number: signal.Signals):
    ended = subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path / "a"), str(int(number))], check=False)
    assert ended.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []
