import numpy as np
import pytest
from scipy.stats import rankdata

from headcast.evaluation.methods.baselines import OURS, PHOTO, WARP
from headcast.evaluation.records import Record
from headcast.evaluation.report.tables import _ranks, compare_rivals, mean_figures, table_of, worst_first


def record(identity: str, ours: float, warp: float) -> Record:
    return Record(f"{identity}-{ours}", identity, {}, {OURS: {"LPIPS": ours}, WARP: {"LPIPS": warp}})


def test_figures_are_averaged_where_they_exist_and_are_finite() -> None:
    parts = [{"a": 1.0, "psnr": np.inf}, {"a": 3.0, "b": 5.0, "psnr": 30.0, "none": np.nan}]
    assert mean_figures(parts) == {"a": 2.0, "b": 5.0, "psnr": 30.0}


def test_a_person_with_many_clips_counts_once() -> None:
    table = table_of([record("anna", 0.1, 0.2), record("anna", 0.3, 0.2), record("ben", 0.6, 0.8)])
    assert list(table) == [WARP, OURS] and PHOTO not in table
    assert [person["LPIPS"] for person in table[OURS]] == pytest.approx([0.2, 0.6])
    comparison = compare_rivals(table, OURS, WARP, seed=0)["LPIPS"]
    assert comparison.num_identities == 2
    assert comparison.difference == pytest.approx((0.2 + 0.6) / 2 - (0.2 + 0.8) / 2)


def test_one_person_gives_no_interval() -> None:
    assert compare_rivals(table_of([record("anna", 0.1, 0.2)]), OURS, WARP, seed=0) == {}


def test_the_worst_pair_comes_last_in_most_figures() -> None:
    def pair(name: str, **figures: float) -> Record:
        return Record(name, name, {}, {OURS: {key.replace("_", " "): value for key, value in figures.items()}})

    good = pair("good", one_face_found=1.0, CSIM_to_the_source=0.9, landmark_error_all=0.02, skin_delta_E=9.0)
    blurred = pair("blurred", one_face_found=1.0, CSIM_to_the_source=0.5, landmark_error_all=0.03)
    faceless = pair("faceless", one_face_found=0.1, CSIM_to_the_source=0.4)
    other = Record("other", "other", {}, {WARP: {"CSIM": 0.1}})
    assert [record.name for record in worst_first([blurred, good, other, faceless], OURS)] == [
        "faceless",
        "blurred",
        "good",
    ]
    assert worst_first([other], OURS) == worst_first([], OURS) == []


def test_equal_values_share_a_rank_as_scipys_do() -> None:
    values = np.random.default_rng(0).integers(0, 9, 40).astype(float)
    np.testing.assert_array_equal(_ranks(values), rankdata(values))
