import importlib
import json
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from headcast.errors import DataError
from headcast.evaluation.methods.baselines import OURS, PHOTO, WARP
from headcast.media.writer import VideoWriter

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_quality_compares_people_not_frames(benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    quality = benchmark("quality")
    warp = [{"LPIPS": 0.1}, {"LPIPS": 0.2}, {"LPIPS": 0.3, "mouth": 0.1}]
    ours = [{name: figure * 0.9 for name, figure in person.items()} for person in warp]
    table = {PHOTO: warp, WARP: warp, OURS: ours}
    comparisons = quality.compare_rivals(table, OURS, WARP, seed=0)
    assert comparisons["LPIPS"].relative == pytest.approx(-0.1)
    assert comparisons["LPIPS"].num_identities == 3
    assert "mouth" not in comparisons  # one person gives no interval
    quality.print_table(table, comparisons)
    assert "-10.0% (-10.0% to -10.0%)        3" in capsys.readouterr().out


def test_memory_repeats_a_driver_to_the_asked_length(benchmark, tmp_path: Path) -> None:
    short, long = tmp_path / "short.mp4", tmp_path / "long.mp4"
    with VideoWriter(short, (64, 64), Fraction(25)) as writer:
        for level in range(30):
            writer.write(np.full((64, 64, 3), 8 * level, np.uint8))
    assert benchmark("memory").loop_video(short, long, seconds=4.0) == 100
    with av.open(str(long)) as container:
        frames = list(container.decode(video=0))
    times = [frame.time for frame in frames]
    assert np.diff(times) == pytest.approx(np.full(99, 0.04), abs=1e-3)
    assert abs(frames[30].to_ndarray(format="rgb24").mean() - frames[0].to_ndarray(format="rgb24").mean()) < 4


def test_paper_tune_says_who_is_seen_in_a_frame(benchmark) -> None:
    tune = benchmark("paper_tune")

    def judged(clip: str, identity: str, own: list[float], tuned: list[list[float]]):
        vectors = {tune.TUNED: np.array(tuned), tune.CEILING: np.array([own])}
        figures = {rival: {"CSIM": 0.5} for rival in vectors}
        return tune.Judged(clip, identity, figures, vectors, np.array(own), "", 0.0)

    people = [
        judged("ann_1", "ann", [1.0, 0.0], [[0.9, 0.1], [0.1, 0.9]]),  # the second frame looks like Ben
        judged("ann_2", "ann", [0.8, 0.6], [[1.0, 0.0], [1.0, 0.0]]),  # nearest to her other clip, which is her too
        judged("ben_1", "ben", [0.0, 2.0], [[0.0, 1.0]]),
    ]
    table = tune.table_of(people)
    assert [one[tune.RECOGNISED] for one in table[tune.TUNED]] == [0.75, 1.0]
    # of real frames with strangers: (1, 0)(0, 1) = 0 both ways, (0.8, 0.6)(0, 1) = 0.6, and back (0, 2) is not unit
    assert tune.similarity_to_strangers(people) == pytest.approx((0 + 0.6 + 0 + 2 * 0.6) / 4)


def test_paper_curve_draws_equal_runs_equally_and_asks_for_a_validation(benchmark, tmp_path: Path) -> None:
    curve = benchmark("paper_curve")
    stats = tmp_path / "stats.jsonl"
    stats.write_text('{"kind": "train", "num_samples": 8}\n')
    with pytest.raises(DataError, match=r"stats\.jsonl holds no validation yet; let the run continue"):
        curve.read_validations(stats)
    with pytest.raises(DataError, match="no statistics at .*; give the folder of a run"):
        curve.read_validations(tmp_path / "none.jsonl")
    figures = dict.fromkeys(curve.PANELS, 0.5)
    stats.write_text("".join(json.dumps({"kind": "validation", "num_samples": n, **figures}) + "\n" for n in (8, 16)))
    runs = {"some people": curve.read_validations(stats)}
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for picture in pictures:
        curve.draw_curves(runs, picture)
    assert pictures[0].read_text() == pictures[1].read_text()
    assert ">some people<" in pictures[0].read_text()


def test_photo_pairs_are_of_people_with_two_photos(
    benchmark, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = benchmark("photo_pairs")
    photos = tmp_path / "photos.csv"
    photos.write_text("file,identity,split\na1.jpg,a,val\nb1.jpg,b,val\na2.jpg,a,val\nc1.jpg,c,train\nc2.jpg,c,train\n")
    assert pairs.read_pairs(tmp_path, photos, "val") == [[tmp_path / "a1.jpg", tmp_path / "a2.jpg"]]
    people = [{WARP: {"LPIPS": w}, OURS: {"LPIPS": w / 2}, pairs.TUNED: {"LPIPS": w / 4}} for w in (0.2, 0.4)]
    pairs.print_table(people)
    assert "-50.0% (-50.0% to -50.0%)   -50.0% (-50.0% to -50.0%)" in capsys.readouterr().out


def test_the_fixed_list_of_far_pairs_says_frames_and_nothing_else(benchmark) -> None:
    far_pairs = benchmark("far_pairs")
    pairs = [pair for own in far_pairs.read_pairs(far_pairs.PAIRS_PATH).values() for pair in own]
    assert len(pairs) >= 60
    for pair in pairs:
        assert 6 <= len(set(pair.shots)) == len(pair.shots) <= 8  # short clips have fewer
        assert min(abs(shot - pair.target) for shot in pair.shots) >= 12  # half a second at 25 frames a second


def test_far_pairs_compare_two_versions_of_the_code_on_the_same_pairs(
    benchmark, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far_pairs = benchmark("far_pairs")
    frames = {WARP: np.full((8, 8, 3), 10, np.uint8), OURS: np.full((8, 8, 3), 20, np.uint8)}
    far_pairs.save_frames(tmp_path, "T1_anna_0001_0090", frames)
    before = far_pairs.read_frames(tmp_path, "T1_anna_0001_0090", list(frames))
    assert {rival: int(frame[0, 0, 0]) for rival, frame in before.items()} == {
        WARP + " before": 10,
        OURS + " before": 20,
    }
    judged = []
    for person, distance in (("anna", 0.2), ("anna", 0.4), ("ben", 0.6)):
        figures = {OURS: distance / 2, WARP: distance, OURS + " before": distance, WARP + " before": 2 * distance}
        own = {rival: {"LPIPS head": figure} for rival, figure in figures.items()}
        judged.append(far_pairs.Judged(f"T1_{person}", person, own, {"pose": distance, "expression": 1.0}))
    far_pairs.print_report(1, judged)
    printed = capsys.readouterr().out
    assert "T = 1: 2 people, 3 pairs" in printed
    assert "0.4500" in printed  # people count, not pairs: the mean of 0.3 and 0.6
    for second, change in ((OURS + " before", "-50.0%"), (WARP + " before", "-75.0%")):
        assert change in printed.split(f"ours against {second}")[1].splitlines()[1]
    far = printed.split("pose, far third (0.5 to 0.6 spreads, 1 pairs)")[1].splitlines()[1]
    assert far.split()[2:] == ["0.3000", "0.6000", "0.6000", "1.2000"]
    assert "worst by LPIPS head: T1_ben 0.300, T1_anna 0.200" in printed


def test_a_list_that_is_none_is_named(benchmark, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("file,shot\na.mp4,1\n")
    with pytest.raises(DataError, match=r"pairs.csv is no list of pairs .* expected columns file, target, shots"):
        benchmark("far_pairs").read_pairs(tmp_path / "pairs.csv")
