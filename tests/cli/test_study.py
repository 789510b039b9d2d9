import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.study.answers import Answers
from headcast.study.study import load_study
from headcast.tracking.track import find_face


@pytest.fixture
def study(headcast, tmp_path):
    """A study of one person, built by the command."""
    (tmp_path / "clips").mkdir()
    picture = PHOTOS["astronaut"]()
    left, top = np.clip(find_face(picture)[:, :2].mean(0).astype(int) - 128, 0, 240)
    with VideoWriter(tmp_path / "clips" / "astronaut_0.mp4", (256, 256), Fraction(25)) as writer:
        for step in range(8):
            writer.write(np.ascontiguousarray(picture[top : top + 256, left + step : left + step + 256]))
    model = tmp_path / "tiny.safetensors"
    save_checkpoint(model, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    folder = tmp_path / "study"
    ended = headcast("study", "build", tmp_path / "clips", "-o", folder, "--model", model, "--triplets", 2, "--json")
    assert ended.code == 0, ended.err
    built = json.loads(ended.out)
    assert built["ok"] and built["num_triplets"] >= 1 and built["num_people"] == 1
    assert len(built["left_out"]) == (built["num_triplets"] < 2)
    return folder


def test_build_serve_and_report(headcast, study):
    words = [sys.executable, "-m", "headcast", "study", "serve", str(study), "--port", "0", "--json"]
    # A shell's background job ignores Ctrl-C, and so would the server that such a test run starts.
    attend = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=attend
    ) as server:
        url = re.match(r"open (http://127\.0\.0\.1:\d+/) in a browser; Ctrl-C ends", server.stderr.readline())[1]
        with urllib.request.urlopen(url, timeout=60) as page:
            assert b"Which picture is synthetic?" in page.read()
        start = urllib.request.Request(f"{url}participants", b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(start, timeout=60) as answer:
            participant = json.load(answer)["participant"]
        os.kill(server.pid, signal.SIGINT)
        try:
            out, err = server.communicate(timeout=60)
        finally:
            server.kill()  # one that did not end must not keep the tests waiting
    assert (server.returncode, err) == (0, "")
    expected = {"command": "study", "ok": True, "study": str(study), "num_participants": 1, "num_answers": 0}
    assert json.loads(out) == expected

    early = headcast("study", "report", study)
    assert early.code == 2 and early.err.startswith("headcast: error: nobody has answered the study in ")

    loaded = load_study(study)
    answers = Answers(loaded)
    while asked := answers.progress(participant).next:
        answers.choose(participant, asked.name, asked.generated)
    ended = headcast("study", "report", study, "--json")
    assert ended.code == 0, ended.err
    report = json.loads(ended.out)
    assert report["overall"]["share"] == 1.0 and report["people"]["astronaut"]["num_found"] == len(loaded.questions)
    assert headcast("study", "report", study).out.startswith("found out: 100.0% (")


@pytest.mark.parametrize("action", ["serve", "report"])
def test_a_folder_that_is_no_study(headcast, tmp_path, action):
    ended = headcast("study", action, tmp_path)
    assert ended.code == 2
    assert ended.err == (
        f"headcast: error: no study in {tmp_path} (key.json is missing); make one with `headcast study build`\n"
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["study"], "ACTION"),
        (["study", "build", "clips"], "-o/--output"),
        (["study", "build", "clips", "-o", "x", "--triplets", "0"], "'0' is not a whole number from 1 to 1000"),
        (["study", "serve", "x", "--port", "65536"], "'65536' is not a whole number from 0 to 65535"),
    ],
)
def test_a_wrong_command_line_ends_in_one_line(headcast, words, reason):
    ended = headcast(*words)
    assert ended.code == 2 and reason in ended.err and len(ended.err.splitlines()) == 1


def test_a_folder_without_clips(headcast, tmp_path):
    ended = headcast("study", "build", tmp_path, "-o", tmp_path / "study")
    assert ended.code == 2 and ended.err.startswith(f"headcast: error: no clips in {tmp_path}; expected files ending")
