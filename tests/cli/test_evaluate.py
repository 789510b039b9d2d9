import json
import re
import shutil
from fractions import Fraction

import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.evaluation import run
from headcast.evaluation.methods.baselines import NEAREST, OURS, PHOTO, RANDOM, TUNED, WARP, ZEROED
from headcast.evaluation.report import bootstrap
from headcast.evaluation.self_reenactment import judge_clip
from headcast.media.images import read_image
from headcast.media.writer import VideoWriter
from headcast.personalization import tuning
from headcast.provenance.verify import read_marks
from headcast.tracking.track import find_face


@pytest.fixture(autouse=True)
def few_of_everything(monkeypatch):
    """Resamples for any interval, frames to judge a tuning by; of how many there should be others judge."""
    monkeypatch.setattr(bootstrap, "NUM_RESAMPLES", 100)
    monkeypatch.setattr(tuning, "NUM_JUDGED", 3)


@pytest.fixture(scope="module")
def clips(tmp_path_factory, before_a_wall):
    """A folder as a stranger may have it: two people who move a little, and a file that is no video."""
    folder = tmp_path_factory.mktemp("clips")
    for name in PHOTOS:
        picture = before_a_wall(name)
        middle = find_face(picture)[:, :2].mean(0).astype(int)
        left, top = np.clip(middle - 128, 8, np.array(picture.shape[1::-1]) - 264)
        with VideoWriter(folder / f"{name}.mp4", (256, 256), Fraction(25)) as writer:
            for step in range(8):
                writer.write(np.ascontiguousarray(picture[top : top + 256, left + step : left + step + 256]))
    (folder / "broken.mp4").write_text("no video")
    return folder


def test_workers_side_by_side_give_the_figures_of_one(headcast, tmp_path, clips, checkpoint):
    words = ["evaluate", "--model", checkpoint, "--data", clips, "--targets", 2, "--pairs", 1, "--shots", 2]
    means = []
    for workers in (1, 2):
        report = tmp_path / f"report{workers}"
        ended = headcast(*words, "--report", report, "--workers", workers)
        assert ended.code == 0, ended.err
        figures = json.loads((report / "report.json").read_text())
        means.append([figures[kind]["means"] for kind in ("cross_reenactment",)])
        means[-1].append({shots: each["means"] for shots, each in figures["self_reenactment"].items()})
        assert "broken.mp4" in figures["left_out"][0]
        assert figures["cross_reenactment"]["num_clips"] == len(figures["pairs_worst_first"]) == 1
        assert figures["cross_reenactment"]["num_shots"] == [2, 2]
    assert means[0] == means[1]


def test_a_raw_folder_gives_a_report_and_a_second_start_goes_on(headcast, tmp_path, clips, checkpoint, monkeypatch):
    report = tmp_path / "report"
    words = ["evaluate", "--model", checkpoint, "--data", clips, "--report", report, "--targets", 2, "--tune-steps", 2]
    ended = headcast(*words, "--shots", 8, 1, "--json")
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert len(answer["left_out"]) == 1 and "broken.mp4" in answer["left_out"][0]
    figures = json.loads((report / "report.json").read_text())
    one, eight = figures["self_reenactment"]["1"], figures["self_reenactment"]["8"]
    assert list(one["means"]) == [PHOTO, WARP, ZEROED, OURS, TUNED]
    assert list(eight["means"]) == [PHOTO, NEAREST, WARP, ZEROED, RANDOM, OURS, TUNED]
    assert one["num_shots"] == [1, 1] and eight["num_shots"] == [3, 3]  # of 8 frames three are for shots
    assert eight["num_identities"] == figures["cross_reenactment"]["num_clips"] == 2
    assert list(figures["cross_reenactment"]["means"]) == [PHOTO, WARP, ZEROED, OURS, TUNED]
    assert eight["tuned_against"][OURS]["SSIM head"]["num_identities"] == 2
    assert list(figures["over_shots"][TUNED]) == ["8 against 1"]
    assert len(figures["missing"]) == 4
    strips = sorted(report.glob("*.best.jpg"))
    assert len(strips) == 2 * (2 + 3) and read_marks(strips[0]) is not None

    page = (report / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2 * 2 * 2 * 2 + 2 * 2  # best, worst; people, columns, T; and pairs
    assert not re.search(r"<script|https?://", page)
    assert "<svg" in page and "tuned less ours" in page
    assert "FID and KID left out" in page and "broken.mp4" in page

    kept = {path: path.stat().st_mtime_ns for path in report.glob("*.T*.json")}
    next(
        path for path in kept if "T1.tuned-2" in path.name and "--" not in path.name
    ).unlink()  # as if killed while tuning
    judged = []
    monkeypatch.setattr(run, "judge_pair", judged_again)
    monkeypatch.setattr(run, "judge_clip", lambda *given: judged.append(given[-1]) or judge_clip(*given))
    again = headcast(*words, "--shots", 1, 8)
    assert again.code == 0, again.err
    assert len(judged) == 1 and judged[0].endswith("T1.tuned-2")
    assert again.out.startswith(f"report: {report / 'report.html'}\nT = 1: 2 people, 4 frames")
    repeated = json.loads((report / "report.json").read_text())
    for name in ("means", "tuned_against", "by_distance"):
        assert repeated["self_reenactment"]["1"][name] == figures["self_reenactment"]["1"][name]
    assert repeated["cross_reenactment"] == figures["cross_reenactment"]

    other = headcast(*words, "--seed", 1)
    assert other.code == 2
    assert "holds an evaluation with other settings (seed); give another folder" in other.err


def test_an_outside_method_stands_beside_ours(headcast, tmp_path, clips, checkpoint):
    words = ["evaluate", "--model", checkpoint, "--data", clips, "--targets", 2]
    ended = headcast(*words, "--export-protocol", tmp_path / "given")
    assert ended.code == 0, ended.err
    assert f"{tmp_path / 'given'}: shots and driving frames of 2 clips, T = 1" in ended.out
    frames = sorted((tmp_path / "given" / "T1").glob("*/driving/*.png"))
    # a method that knows the truth for one clip, and nothing of the other
    for frame in frames:
        if frame.parts[-3] == "hopper":
            target = tmp_path / "made" / "T1" / "hopper" / frame.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(frame, target)
    ended = headcast(*words, "--outside", f"truth={tmp_path / 'made'}", "--report", tmp_path / "report")
    assert ended.code == 0, ended.err
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    means = figures["self_reenactment"]["1"]["means"]
    assert list(means)[-1] == "truth"
    assert means["truth"]["SSIM full"] == pytest.approx(1)
    assert means["truth"]["motion energy head"] == pytest.approx(1)
    assert any("astronaut lacks" in line and "frames of truth" in line for line in figures["left_out"])

    ended = headcast(*words, "--outside", "truth", "--report", tmp_path / "report")
    assert ended.code == 2 and "is not NAME=DIR" in ended.err


def test_clips_are_judged_as_large_as_their_videos_are(headcast, tmp_path, checkpoint, before_a_wall):
    """A video of 400 pixels, whose head fills most of it, is judged with about as many."""
    folder, report = tmp_path / "large", tmp_path / "report"
    folder.mkdir()
    photo = before_a_wall("hopper")
    with VideoWriter(folder / "hopper.mp4", (400, 400), Fraction(25)) as writer:
        for step in range(6):
            writer.write(np.ascontiguousarray(photo[:400, 56 + step : 456 + step]))
    words = ["evaluate", "--model", checkpoint, "--data", folder, "--report", report, "--targets", 2, "--pairs", 0]
    ended = headcast(*words, "--size", "native")
    assert ended.code == 0, ended.err
    (smallest, largest) = json.loads((report / "report.json").read_text())["self_reenactment"]["1"]["sides"]
    assert 256 < smallest == largest <= 400
    strip = read_image(next(report.glob("*.best.jpg")))
    assert strip.shape == (largest, 4 * largest, 3)
    assert f"{largest} pixels a side" in (report / "report.html").read_text()
    ended = headcast(*words)
    assert ended.code == 2 and "other settings (native)" in ended.err


def judged_again(*arguments):
    raise AssertionError("what is kept was judged again")


def test_nothing_to_judge_ends_in_one_line(headcast, tmp_path, checkpoint):
    (tmp_path / "clips").mkdir()
    for name in PHOTOS:
        (tmp_path / "clips" / f"{name}.mp4").write_text("no video")
    ended = headcast("evaluate", "--model", checkpoint, "--data", tmp_path / "clips", "--report", tmp_path / "report")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("headcast: error: no clip can be judged; the first: ")
    assert not (tmp_path / "report").exists()


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
