"""OpenVINO's wheel brings a package that reports its use: no process of ours imports it, calls out or leaves a mark."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headcast.data.workers import run_on_ray
from headcast.errors import MissingPackageError

ROOT = Path(__file__).resolve().parents[1]

RECORDER = """
import sys, threading
attempts = []
OUT = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.fork")
def refuse(event, given):
    if event in OUT:
        attempts.append(event)
        raise OSError("no way out")
sys.addaudithook(refuse)
def finish():
    for thread in threading.enumerate():
        if thread is not threading.current_thread(): thread.join(5)
    print("attempts:", attempts)
"""
PICTURE = "import numpy as np\nimage = np.zeros((64, 64, 3), np.uint8)\n"


def run_recorded(code: str, home: Path) -> str:
    """Run code with every way out recorded, in a home of its own and as on a user's machine, not in CI."""
    variables = {name: value for name, value in os.environ.items() if name not in ("CI", "TF_BUILD", "JENKINS_URL")}
    variables |= {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    variables["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-c", f"{RECORDER}\n{code}\nfinish()"]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_compiling_and_running_a_network_calls_nobody(tmp_path: Path) -> None:
    code = PICTURE + (
        "from headcast.tracking.track import FaceTracker\n"
        "from headcast.tracking.matte import person_matte\n"
        "FaceTracker().track(image); person_matte(image)\n"
        "assert sys.modules['openvino_telemetry'] is None and 'openvino' in sys.modules\n"
    )
    assert run_recorded(code, tmp_path) == "attempts: []\n"
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written and {path.parent for path in written} == {tmp_path / ".cache/headcast/networks"}  # our own cache


def test_converting_a_network_calls_nobody(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import torch\n"
        "from headcast.openvino_loader import load_openvino\n"
        "load_openvino().convert_model(torch.nn.Linear(2, 2), example_input=torch.zeros(1, 2))\n"
    )
    assert run_recorded(code, tmp_path) == "attempts: []\n"
    assert list(tmp_path.iterdir()) == []


def test_ray_is_told_to_report_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with pytest.raises(MissingPackageError, match="Ray is not installed"):
        next(run_on_ray(str, ["job"], "local"))
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_one_place_alone_imports_openvino() -> None:
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "headcast").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import openvino", "from openvino "))
    }
    assert importing == {"headcast/openvino_loader.py"}
