"""Whole commands, ended at random moments: the target is absent or whole, and the next run leaves no litter."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headcast.avatars.avatar_file import load_avatar
from headcast.data.manifest import MANIFEST_NAME, read_manifest
from headcast.data.tar import read_clips
from headcast.media.video import open_video
from headcast.networks.notes import read_notes
from headcast.strict import read_json_table

COMMANDS = ("animate", "personalize", "prepare", "train", "evaluate")
SIGNALS = {"TERM": signal.SIGTERM, "KILL": signal.SIGKILL}


def _start(words: list[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "headcast", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def _run(words: list[str]) -> float:
    """Run to the end; how long it took."""
    started = time.monotonic()
    process = _start(words)
    err = process.communicate()[1]
    assert process.returncode == 0, err.decode()[-2000:]
    return time.monotonic() - started


def _check_whole(folder: Path) -> None:
    """All that has its name is as it should be."""
    for path in folder.rglob("*"):
        if any(part.startswith(".headcast-") for part in path.relative_to(folder).parts) or not path.is_file():
            continue
        if path.suffix == ".mp4":
            with open_video(path) as video:
                assert sum(1 for _ in video) == video.num_frames == 6
        elif path.suffix == ".avatar":
            load_avatar(path)
        elif path.suffix == ".tar":
            assert len(list(read_clips(path))) == 1
        elif path.name == MANIFEST_NAME:
            assert read_manifest(path.parent).num_clips == 2
        elif path.suffix == ".json":
            read_json_table(path)
        elif path.name == "checkpoint.safetensors":
            read_notes(path)


def _kill_and_go_on(make: Callable[[Path], list[str]], folder: Path, moment: float, number: signal.Signals) -> None:
    folder.mkdir()
    words = make(folder)
    process = _start(words)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, number)
    err = process.communicate()[1].decode()
    assert "Traceback" not in err, err[-2000:]
    _check_whole(folder)
    litter = [path for path in folder.rglob("*") if ".part" in path.name]
    if number == signal.SIGTERM:
        assert not litter, f"ended by SIGTERM it left {litter}"
    again = [*words, "--resume"] if words[0] == "train" and (folder / "out" / "state").is_dir() else words
    if words[0] == "train" and not any((folder / "out" / "state").glob("0*")):
        again = words
    _run(again)
    _check_whole(folder)
    litter = [path for path in folder.rglob("*") if ".part" in path.name]
    assert not litter, f"the next run left {litter}"
    assert any(folder.glob("out*"))


def _attack(long_commands: dict, tmp_path: Path, name: str, seed: int, count: int) -> None:
    chance = random.Random(seed)
    print(f"seed {seed}")
    (tmp_path / "undisturbed").mkdir()
    seconds = _run(long_commands[name](tmp_path / "undisturbed"))
    _check_whole(tmp_path / "undisturbed")
    for turn in range(count):
        for kind, number in SIGNALS.items():
            moment = chance.uniform(0.1, 1.0) * seconds
            _kill_and_go_on(long_commands[name], tmp_path / f"{kind} {turn} at {moment:.2f} s", moment, number)


def test_a_command_that_is_killed_once_each_way(long_commands: dict, tmp_path: Path):
    _attack(long_commands, tmp_path, "prepare", seed=0, count=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_at_twenty_moments(long_commands: dict, tmp_path: Path, name: str):
    seed = int(os.environ.get("HEADCAST_SEED", random.SystemRandom().randrange(1 << 32)))
    count = int(os.environ.get("HEADCAST_MOMENTS", "20"))
    _attack(long_commands, tmp_path, name, seed, count)
