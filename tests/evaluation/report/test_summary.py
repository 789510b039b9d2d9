import json

import numpy as np
import pytest

from headcast.evaluation.methods.baselines import OURS, PHOTO, WARP
from headcast.evaluation.records import REAL, Record
from headcast.evaluation.report.summary import summarise
from headcast.evaluation.run import Evaluation


def record(identity: str, change: float, ours: float) -> Record:
    generator = np.random.default_rng(round(1000 * ours))
    real = generator.normal(size=(4, 5)).astype(np.float32)
    facts = {"num_targets": 4, "num_opening": 1, "milliseconds": 10 * ours, "runs_on": "CPU", "num_shots": 1}
    facts["side"] = round(256 + 100 * ours)
    facts["changes"] = {"pose": [change] * 4, "expression": [change] * 4}
    figures = {OURS: {"SSIM head": ours}, WARP: {"SSIM head": 0.5}, PHOTO: {"SSIM head": 0.0}}
    vectors = {"SqueezeNet 1.1": {OURS: real + np.float32(1), WARP: real, PHOTO: real, REAL: real}}
    return Record(f"{identity}.T1", identity, facts, figures, vectors, rows={OURS: [{"SSIM head": ours}] * 4})


@pytest.fixture
def summary():
    records = [record("anna", 0.3, 0.8), record("ben", 0.1, 0.6), record("cleo", 0.2, 1.0)]
    return summarise(Evaluation({1: records, 8: []}, left_out=["ben_2.mp4 is empty"]), seed=0)


def test_a_table_holds_means_comparisons_and_counts(summary) -> None:
    table = summary["self_reenactment"]["1"]
    assert list(summary["self_reenactment"]) == ["1"]  # nobody was judged with 8 shots
    assert (table["num_identities"], table["num_frames"], table["num_opening"]) == (3, 12, 3)
    assert table["means"][OURS]["SSIM head"] == pytest.approx(0.8)
    against = table["ours_against"][WARP]["SSIM head"]
    assert against["difference"] == pytest.approx(0.3) and against["num_identities"] == 3
    assert table["milliseconds"] == 8 and table["sides"] == [316, 356]
    assert summary["cross_reenactment"] is None and summary["left_out"] == ["ben_2.mp4 is empty"]


def test_feature_sets_stand_beside_the_real_frames(summary) -> None:
    sets = summary["self_reenactment"]["1"]["feature_sets"]
    assert list(sets) == [PHOTO, WARP, OURS]
    assert sets[WARP]["FID (SqueezeNet 1.1)"] == pytest.approx(0, abs=1e-6)
    assert sets[OURS]["FID (SqueezeNet 1.1)"] == pytest.approx(5, rel=1e-4)  # moved by 1 in each of 5


def test_more_shots_are_compared_over_the_people_who_had_them() -> None:
    few = [record("anna", 0.3, 0.8), record("ben", 0.1, 0.6), record("cleo", 0.2, 1.0)]
    many = [record("ben", 0.1, 0.7), record("anna", 0.3, 0.9)]  # in another order, and without cleo
    summary = summarise(Evaluation({1: few, 8: many}), seed=0)
    found = summary["over_shots"][OURS]["8 against 1"]["SSIM head"]
    assert found["num_identities"] == 2 and found["difference"] == pytest.approx(0.1)
    assert found["difference_interval"] == pytest.approx((0.1, 0.1))
    (_, first, low, high), (num_shots, second, *_) = summary["curves"]["SSIM head"][OURS]
    assert (first, num_shots, second) == pytest.approx((0.8, 8, 0.8))
    assert 0.6 <= low < first < high <= 1.0


def test_frames_near_and_far_from_their_shots_stand_apart(summary) -> None:
    near, _, far, *_ = summary["self_reenactment"]["1"]["by_distance"]
    assert (near["by"], near["third"], near["num_frames"]) == ("pose", "near", 4)
    assert near["means"][OURS]["SSIM head"] == pytest.approx(0.6)
    assert far["means"][OURS]["SSIM head"] == pytest.approx(0.8) and far["limits"][1] == pytest.approx(0.3)


def test_a_ratio_to_zero_is_left_out_and_all_of_it_is_json(summary) -> None:
    assert "relative" not in summary["self_reenactment"]["1"]["ours_against"][PHOTO]["SSIM head"]
    kept = json.loads(json.dumps(summary, allow_nan=False))
    assert kept["self_reenactment"]["1"]["means"] == summary["self_reenactment"]["1"]["means"]
