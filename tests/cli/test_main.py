import json
import os
import subprocess
import sys

import pytest

import headcast as package
from headcast.cli.main import COMMANDS, build_parser
from headcast.cli.report import Report


@pytest.fixture
def doctor_does(monkeypatch):
    """Lets `headcast doctor` do something else than look at the machine."""
    return lambda run: monkeypatch.setattr("headcast.cli.doctor.run", run)


def test_version(headcast):
    ended = headcast("--version")
    assert (ended.code, ended.out.strip()) == (0, f"headcast {package.__version__}")


def test_help_names_every_command(headcast):
    ended = headcast("--help")
    assert ended.code == 0
    assert all(f"\n    {command} " in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "motion extract", "motion list", "motion show"])
def test_help_of_every_command(headcast, command):
    ended = headcast(*command.split(), "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"usage: headcast {command} ")
    assert "--json" in ended.out
    assert "None" not in ended.out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["anmate"], "invalid choice: 'anmate'"),
        (["animate", "-s", "a.jpg", "-o", "b.mp4"], "one of the arguments -d/--driving --motion is required"),
        (["animate", "-d", "a.mp4", "-o", "b.mp4"], "-s/--source"),
        (["animate", "-s", "a", "-d", "b", "-o", "c.mp4", "--strength", "9"], "'9' is not a number from 0 to 3"),
        (["animate", "-s", "a", "-d", "b", "-o", "c.mp4", "--regoin", "lips"], "unrecognized arguments: --regoin"),
        (["animate", "-s", "a", "-d", "b", "-o", "c.mp4", "--rel"], "--rel"),
        (["motion"], "ACTION"),
        (["verify"], "file"),
        (["train"], "--data"),
        (["doctor", "now"], "unrecognized arguments: now"),
        (["demo", "--photo", "mona"], "invalid choice: 'mona'"),
    ],
)
def test_a_wrong_command_line_ends_in_one_line(headcast, words, reason):
    ended = headcast(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert reason in ended.err


def test_json_goes_before_or_after_an_inner_command():
    parser = build_parser()
    assert parser.parse_args(["motion", "--json", "list"]).json
    assert parser.parse_args(["motion", "list", "--json"]).json
    assert not parser.parse_args(["motion", "list"]).json


def test_prints_of_libraries_do_not_reach_stdout(headcast, doctor_does):
    def chat(options):
        print("chatter")
        return Report(("for people",), {"answer": 42})

    doctor_does(chat)
    ended = headcast("doctor", "--json")
    assert ended.out.count("\n") == 1
    assert json.loads(ended.out) == {"command": "doctor", "ok": True, "answer": 42}
    assert ended.err == "chatter\n"
    assert headcast("doctor").out == "for people\n"


def test_a_mendable_error_is_one_line_and_one_json_line(headcast, tmp_path):
    missing = tmp_path / "missing.mp4"
    ended = headcast("verify", missing, "--json")
    message = f"{missing} does not exist; give the path of a file"
    assert ended.code == 2
    assert ended.err == f"headcast: error: {message}\n"
    assert json.loads(ended.out) == {"command": "verify", "ok": False, "error": message}


def test_interruption_is_quiet(headcast, doctor_does):
    def interrupted(options):
        raise KeyboardInterrupt

    doctor_does(interrupted)
    ended = headcast("doctor", "--json")
    assert (ended.code, ended.out, ended.err) == (130, "", "headcast: interrupted\n")


def test_a_defect_keeps_its_traceback(headcast, doctor_does):
    def broken(options):
        raise ZeroDivisionError("a defect")

    doctor_does(broken)
    with pytest.raises(ZeroDivisionError):
        headcast("doctor")


def test_a_reader_that_leaves_early_ends_the_program_silently():
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "headcast", "motion", "list"], stdout=write_end, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(write_end)
    assert (ended.returncode, ended.stderr) == (141, "")
