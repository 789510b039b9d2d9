import pytest

from headcast.evaluation.methods.baselines import OURS, WARP
from headcast.evaluation.records import Record
from headcast.evaluation.report.distances import by_distance


def record(identity: str, changes: list[float], errors: list[float]) -> Record:
    rows = {OURS: [{"LPIPS": error} for error in errors], WARP: [{"LPIPS": 2 * error} for error in errors]}
    facts = {"changes": {"pose": changes, "expression": changes[::-1]}}
    return Record(identity, identity, facts, {}, rows=rows)


def test_calm_frames_do_not_hide_what_happens_far_away():
    calm = record("anna", [0.0, 0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.1, 0.2])
    lively = record("ben", [2.0, 1.0, 3.0, 5.0], [0.4, 0.3, 0.5, 0.9])
    near, middle, far, *expression = by_distance([calm, lively])
    assert [third["num_frames"] for third in (near, middle, far)] == [3, 3, 3]
    assert near["limits"] == pytest.approx([0.0, 0.8 / 3]) and far["limits"][1] == 5
    assert near["means"][OURS]["LPIPS"] == pytest.approx(0.1)
    # 0.3 and 0.4 of anna, 1.0 of ben: each person's frames first, then the people
    assert middle["means"][OURS]["LPIPS"] == pytest.approx((0.15 + 0.3) / 2)
    assert far["means"][WARP]["LPIPS"] == pytest.approx(2 * (0.4 + 0.5 + 0.9) / 3)
    assert [third["by"] for third in expression] == ["expression"] * 3


def test_records_without_rows_have_no_table():
    assert by_distance([Record("anna", "anna", {}, {})]) == []
