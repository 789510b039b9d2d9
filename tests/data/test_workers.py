"""Jobs shared among processes; what happens when one of them dies."""

import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from headcast.data.workers import run_here, run_on_ray
from headcast.errors import DataError, MissingPackageError


def test_every_job_is_done_once_by_other_processes() -> None:
    assert sorted(run_here(abs, range(-7, 0), 2)) == list(range(1, 8))
    (process,) = run_here(os.getpgid, [0], 4)
    assert process == os.getpgid(0)
    assert list(run_here(abs, [], 2)) == []


def test_a_worker_that_dies_is_one_line() -> None:
    with pytest.raises(DataError, match="was killed, possibly out of memory; start again with fewer --workers"):
        list(run_here(os._exit, [1], 1))


def test_an_error_in_a_job_comes_through() -> None:
    with pytest.raises(FileNotFoundError):
        list(run_here(os.listdir, ["/nowhere"], 1))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("code", "num_processes"),
    [
        # the parent, its resource tracker, the worker
        ("import time; from headcast.data.workers import run_here; list(run_here(time.sleep, [600], 1))", 3),
        (
            "import multiprocessing, time; from headcast.data.workers import end_with_parent; "
            "work = lambda: (end_with_parent(), time.sleep(600)); "
            "multiprocessing.get_context('fork').Process(target=work).start(); time.sleep(600)",
            2,
        ),
    ],
    ids=["a pool's", "one's own"],
)
def test_workers_end_with_a_parent_that_was_killed(code: str, num_processes: int) -> None:
    parent = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)

    def family() -> list[int]:
        """Processes of the parent's session."""
        stats = [path.read_text().rsplit(")", 1)[1].split() for path in Path("/proc").glob("[0-9]*/stat")]
        return [int(stat[3]) for stat in stats if int(stat[3]) == parent.pid and stat[0] != "Z"]

    _wait_until(lambda: len(family()) >= num_processes)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _wait_until(lambda: not family())


def test_without_ray_the_install_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackageError, match=r'pip install "headcast\[cluster\]"'):
        list(run_on_ray(abs, [1], "local"))


@pytest.mark.slow
def test_a_ray_cluster_does_every_job_once() -> None:
    pytest.importorskip("ray")
    code = (
        "from posixpath import basename; from headcast.data.workers import run_on_ray; "
        "print(sorted(run_on_ray(basename, [f'folder/{number}' for number in range(9)], 'local', 2)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == str([str(number) for number in range(9)])


def test_a_cluster_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word of Ray's, which would try for nine minutes."""
    monkeypatch.setitem(sys.modules, "ray", types.ModuleType("ray"))
    with pytest.raises(DataError, match="no Ray cluster at 127.0.0.1:1 .*; start one there, or give its address"):
        list(run_on_ray(abs, [1], "127.0.0.1:1"))


def _wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
