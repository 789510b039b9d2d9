import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headcast.cli.terminal import announce
from headcast.printable import printable

HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202eback\nline\r"


def _run(*words: object, **how: object) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "headcast", *map(os.fspath, words)]
    return subprocess.run(command, check=False, **{"capture_output": True, **how})


def test_a_name_cannot_write_to_the_terminal(headcast, tmp_path: Path):
    """Neither in an error, nor in argparse's own, nor in a report."""
    for words in (["verify", tmp_path / f"{HOSTILE}.png"], ["verify", "a.png", HOSTILE], [HOSTILE]):
        ended = headcast(*words)
        assert ended.code == 2 and ended.err.count("\n") == 1
        assert ended.err.rstrip("\n").isprintable()
    assert "red" in headcast("verify", tmp_path / f"{HOSTILE}.png").err


def test_names_that_are_no_text_are_written_as_escapes(headcast, tmp_path: Path):
    ended = headcast("verify", os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.png"))
    assert ended.code == 2 and "\\udcff\\udcfe.png does not exist" in ended.err


def test_an_ascii_terminal_is_no_error(tmp_path: Path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = _run("verify", tmp_path / "Zoë.png", env=environment)
    assert ended.returncode == 2 and b"Zo\\xeb.png does not exist" in ended.stderr and b"Traceback" not in ended.stderr


def test_a_full_device_is_one_line():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - as a shell opens it
        ended = _run("motion", "list", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert ended.returncode == 2
    assert ended.stderr == (
        b"headcast: error: cannot write the report: No space left on device; check where the output goes\n"
    )


def test_a_full_device_for_errors_is_no_traceback(tmp_path: Path):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = _run("verify", tmp_path / "a.png", stdout=subprocess.PIPE, stderr=full, capture_output=False)
    assert (ended.returncode, ended.stdout) == (2, b"")


def test_headcast_alone_shows_its_help(headcast):
    ended = headcast()
    assert ended.code == 0 and "usage: headcast" in ended.out and "animate" in ended.out and ended.err == ""


def test_people_are_told_at_once_what_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    announce("animate")
    assert capsys.readouterr().err == ""  # a pipe is no person
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    announce("animate")
    announce("verify")
    assert capsys.readouterr().err == "headcast: animate ...\n"


def test_what_the_machine_refuses_is_one_line(headcast, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "out.mp4")

    monkeypatch.setattr("headcast.cli.doctor.run_check", refuse)
    ended = headcast("doctor", "--json")
    assert ended.code == 2
    assert ended.err.startswith("headcast: error: No space left on device (out.mp4)") and ended.err.count("\n") == 1
    assert json.loads(ended.out)["ok"] is False


def test_a_time_that_is_none_is_one_line(
    headcast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut_path: Path
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "abc")
    ended = headcast("animate", "-s", astronaut_path, "--motion", "nod", "-o", tmp_path / "a.mp4")
    assert ended.code == 2 and ended.err.startswith("headcast: error: SOURCE_DATE_EPOCH is 'abc'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "shown"), [("a b", "a b"), ("ä", "ä"), ("\t", "\\t"), ("\x9b", "\\x9b"), ("\udcff", "\\udcff")]
)
def test_printable(text: str, shown: str):
    assert printable(text) == shown
