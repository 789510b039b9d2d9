import json
import re
from fractions import Fraction

import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.evaluation import run
from headcast.face.track import find_face
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import CheckpointNotes, save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.provenance.verify import read_marks


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    return path


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """A folder as a stranger may have it: two people who move a little, and a file that is no video."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, photo in PHOTOS.items():
        picture = photo()
        middle = find_face(picture)[:, :2].mean(0).astype(int)
        left, top = np.clip(middle - 128, 8, np.array(picture.shape[1::-1]) - 264)
        with VideoWriter(folder / f"{name}.mp4", (256, 256), Fraction(25)) as writer:
            for step in range(8):
                writer.write(np.ascontiguousarray(picture[top : top + 256, left + step : left + step + 256]))
    (folder / "broken.mp4").write_text("no video")
    return folder


def test_a_raw_folder_gives_a_report_and_a_second_start_goes_on(headcast, tmp_path, clips, checkpoint, monkeypatch):
    report = tmp_path / "report"
    words = ["evaluate", "--model", checkpoint, "--data", clips, "--report", report, "--targets", 2]
    ended = headcast(*words, "--shots", 4, 1, 2, "--json")
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    short, broken, _ = answer["left_out"]
    assert "broken.mp4" in broken and "4 shots and 2 targets are needed: use a longer clip or fewer shots" in short
    figures = json.loads((report / "report.json").read_text())
    assert list(figures["self_reenactment"]) == ["1", "2"]
    assert figures["self_reenactment"]["2"]["num_identities"] == figures["cross_reenactment"]["num_clips"] == 2
    assert "nearest shot" in figures["self_reenactment"]["2"]["means"]
    assert "nearest shot" not in figures["self_reenactment"]["1"]["means"]
    assert len(figures["missing"]) == 3
    strips = sorted(report.glob("*.best.jpg"))
    assert len(strips) == 4 and read_marks(strips[0]) is not None

    page = (report / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4 * 2 + 2
    assert not re.search(r"<script|https?://", page)
    assert "LPIPS, FID and KID left out" in page and "broken.mp4" in page

    for judge in ("judge_clip", "judge_pair"):
        monkeypatch.setattr(run, judge, judged_again)
    again = headcast(*words, "--shots", 1, 2)
    assert again.code == 0, again.err
    assert again.out.startswith(f"report: {report / 'report.html'}\nT = 1: 2 people, 4 frames")
    repeated = json.loads((report / "report.json").read_text())
    assert repeated["self_reenactment"] == figures["self_reenactment"]

    other = headcast(*words, "--seed", 1)
    assert other.code == 2
    assert "holds an evaluation with other settings (seed); give another folder" in other.err


def judged_again(*arguments):
    raise AssertionError("what is kept was judged again")


def test_nothing_to_judge_ends_in_one_line(headcast, tmp_path, checkpoint, clips):
    for clip in clips.glob("*.mp4"):
        clip.write_text("no video")
    ended = headcast("evaluate", "--model", checkpoint, "--data", clips, "--report", tmp_path / "report")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("headcast: error: none of 3 clips can be judged; the first: ")


@pytest.mark.parametrize("kind", ["no folder", "no pictures"])
def test_paintings_that_are_not_there(headcast, tmp_path, checkpoint, clips, kind):
    folder = tmp_path / "paintings"
    if kind == "no pictures":
        folder.mkdir()
    ended = headcast(
        "evaluate", "--model", checkpoint, "--data", clips, "--report", tmp_path / "report", "--paintings", folder
    )
    assert ended.code == 2
    assert ended.err.startswith(f"headcast: error: {kind}")
    assert not (tmp_path / "report").exists()
