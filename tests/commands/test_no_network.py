"""Every command of `headcast --help`, with the network taken away and every attempt to reach it recorded."""

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from headcast.cli.main import build_parser

# Every Python process that a command starts imports this first. Native code is seen by the kernel's own counter of
# packets without a way, in a network name space of its own that has no way out.
HOOK = """
import os, sys
def _refuse(event, given):
    if event == "socket.connect" or event == "socket.sendto":
        address = given[1]
        if not isinstance(address, tuple) or str(address[0]) in ("127.0.0.1", "::1", "localhost"):
            return
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = given[0]
        if address in (None, "", "127.0.0.1", "::1", "localhost", b"localhost"):
            return
    else:
        return
    with open(os.environ["HEADCAST_ATTEMPTS"], "a") as file:
        file.write(f"{sys.argv}: {event} {address}\\n")
    raise OSError(101, "Network is unreachable")
sys.addaudithook(_refuse)
"""
ALONE = """
import fcntl, os, socket, struct, subprocess, sys
from pathlib import Path
with socket.socket() as any_socket:  # lo is down in a new name space, and a study is served on it
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1 | 0x40))
def count():
    return [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
ended = subprocess.run(sys.argv[1:])
names, values = count()
with open(os.environ["HEADCAST_ATTEMPTS"], "a") as file:
    if int(values[names.index("OutNoRoutes")]):
        file.write(f"native code of {sys.argv[1:]} tried {values[names.index('OutNoRoutes')]} times\\n")
sys.exit(ended.returncode)
"""


SERVERS = ("serve", "studio", "study serve")  # they serve until they are interrupted


def leaves() -> set[str]:
    """All commands and actions, as the parser has them."""
    found = set()
    parsers = build_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr,index]
    for name, parser in parsers.items():
        inner = parser._subparsers
        found |= {f"{name} {action}" for action in inner._group_actions[0].choices} if inner else {name}
    return found


@pytest.fixture(scope="module")
def every_command(
    small_inputs: Path, long_commands: dict, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What to type for each, in an order in which the later ones find what the earlier ones made."""
    out = tmp_path_factory.mktemp("commands")
    (out / "answers.csv").write_text("row,place\n1,2\n2,1\n")
    for name in long_commands:
        (out / name).mkdir()
    model, clips, photos = small_inputs / "checkpoint.safetensors", small_inputs / "clips", small_inputs / "photos"
    commands: dict[str, list[object]] = {name: [*make(out / name)] for name, make in long_commands.items()}
    commands |= {
        "live": [
            "live",
            "-s",
            photos / "astronaut.png",
            "--camera",
            clips / "hopper.mp4",
            "--port",
            "0",
            "--no-browser",
        ],
        "call": [
            "call",
            "-s",
            photos / "astronaut.png",
            "--camera",
            clips / "hopper.mp4",
            "--port",
            "0",
            "--no-browser",
        ],
        "avatar show": ["avatar", "show", out / "personalize" / "out.avatar"],
        "photos check": ["photos", "check", photos, "-o", out / "sheet.png"],
        "motion extract": ["motion", "extract", clips / "hopper.mp4", "-o", out / "a.motion"],
        "motion list": ["motion", "list"],
        "motion show": ["motion", "show", out / "a.motion"],
        "data check": ["data", "check", out / "prepare" / "out", "--workers", "1"],
        "verify": ["verify", out / "animate" / "out.mp4"],
        "doctor": ["doctor"],
        "serve": ["serve", "--port", "0"],
        "studio": ["studio", "--no-browser", "--port", "0"],
        "demo": ["demo", "-o", out / "demo", "--motion", small_inputs / "nod.motion"],
        "bench": ["bench", "--frames", "10"],
        "study build": ["study", "build", clips, "--model", model, "--sheets", "2", "-o", out / "study"],
        "study serve": ["study", "serve", out / "study", "--port", "0"],
        "study enter": ["study", "enter", out / "study", out / "answers.csv"],
        "study report": ["study", "report", out / "study"],
    }
    return {name: [str(word) for word in words] for name, words in commands.items()}


def _alone() -> list[str]:
    """A command's prefix that takes the network away; nothing where that is not allowed."""
    if (
        shutil.which("unshare")
        and subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode == 0
    ):
        return ["unshare", "-n", sys.executable, "-c", ALONE]
    return []


def test_the_recorder_sees_an_attempt(tmp_path: Path):
    """Of Python, of a process that it starts, and of native code."""
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    assert len(_attempts(tmp_path, [sys.executable, "-c", reach])) >= 1
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {reach!r}])"
    assert len(_attempts(tmp_path, [sys.executable, "-c", child])) >= 1
    if _alone():
        native = "import ctypes, socket, struct; c = ctypes.CDLL(None); s = c.socket(2, 1, 0); " + (
            "c.connect(s, struct.pack('=H', 2) + struct.pack('>HI', 80, 0xC0000201) + bytes(8), 16)"
        )
        assert "native code" in "".join(_attempts(tmp_path, [sys.executable, "-c", native]))


def _attempts(tmp_path: Path, command: list[str], seconds: float = 600) -> list[str]:
    """Run a command without a network; what it tried, a line each."""
    return _run_alone(tmp_path, command, seconds)[0]


def _run_alone(tmp_path: Path, command: list[str], seconds: float) -> tuple[list[str], int]:
    """Run a command without a network; what it tried, a line each, and its exit code."""
    (tmp_path / "hook").mkdir(exist_ok=True)
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    log = tmp_path / "attempts"
    log.write_text("")
    paths = [str(tmp_path / "hook"), *filter(None, [os.environ.get("PYTHONPATH")])]
    # As on a user's machine: what stays silent in tests by itself proves nothing.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "SE_AVOID_STATS")}
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "HEADCAST_ATTEMPTS": str(log), "HOME": str(tmp_path)}
    process = subprocess.Popen([*_alone(), *command], env=environment, start_new_session=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    return log.read_text().splitlines(), process.returncode


def test_every_command_is_listed_here(every_command: dict[str, list[str]]):
    unknown = leaves() ^ set(every_command)
    assert not unknown, f"commands that this test does not know, or that are gone: {unknown}"


@pytest.mark.slow
def test_no_command_reaches_for_the_network(every_command: dict[str, list[str]], tmp_path: Path):
    """All of them, in a home of their own, in the full installation and in the light one.

    In the light one, those that need torch say so in a line, and so do those that need what these would have made.
    """
    ends = {0} if find_spec("torch") else {0, 2}
    for name, words in every_command.items():
        started = time.monotonic()
        serves = name in SERVERS
        tried, code = _run_alone(tmp_path, [sys.executable, "-m", "headcast", *words], 15 if serves else 600)
        print(f"{name}: exit code {code}, {time.monotonic() - started:.1f} s")
        assert tried == [], f"{name} reached for the network"
        assert serves or code in ends, f"{name} ended with exit code {code}"
