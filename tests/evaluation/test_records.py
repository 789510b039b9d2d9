import json
from pathlib import Path

import numpy as np
import pytest

from headcast.errors import DataError, MediaError
from headcast.evaluation.records import Record, Records
from headcast.types import Image


def touch(path: Path, picture: Image) -> None:
    path.write_bytes(picture.tobytes())


@pytest.fixture
def record() -> Record:
    rows = np.arange(8, dtype=np.float32).reshape(2, 4)
    picture = np.full((2, 2, 3), 7, np.uint8)
    return Record(
        "anna.T1",
        "anna",
        {"num_targets": 2},
        {"ours": {"SSIM": 0.5}},
        {"net": {"ours": rows}},
        {"best": picture},
        {"ours": [{"SSIM": 0.4}, {"SSIM": 0.6}]},
    )


def fail() -> Record:
    raise AssertionError("judged again")


def test_what_is_kept_is_not_judged_again(tmp_path: Path, record: Record) -> None:
    Records(tmp_path / "run", {"seed": 0}, touch).keep("anna.T1", lambda: record)
    again = Records(tmp_path / "run", {"seed": 0}, touch)
    found = again.keep("anna.T1", fail)
    assert (found.identity, found.facts, found.figures) == (record.identity, record.facts, record.figures)
    assert found.rows == record.rows
    np.testing.assert_array_equal(found.vectors["net"]["ours"], record.vectors["net"]["ours"])
    assert again.strip_path("anna.T1", "best").read_bytes() == bytes([7] * 12)
    with pytest.raises(AssertionError, match="judged again"):
        again.keep("ben.T1", fail)


def test_a_clip_that_was_cut_short_leaves_no_record(tmp_path: Path, record: Record) -> None:
    def broken(path: Path, picture: Image) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Records(tmp_path, {}, broken).keep("anna.T1", lambda: record)
    assert Records(tmp_path, {}, touch).keep("anna.T1", lambda: record) is record


def test_figures_of_two_evaluations_never_mix(tmp_path: Path) -> None:
    Records(tmp_path, {"seed": 0, "model": "a"}, touch)
    with pytest.raises(
        DataError, match=r"holds an evaluation with other settings \(model, seed\); give another folder"
    ):
        Records(tmp_path, {"seed": 1, "model": "b"}, touch)


@pytest.mark.parametrize("text", ["", "[1]", '{"name": "anna"}', "{" * 10])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    records = Records(tmp_path, {}, touch)
    (tmp_path / "anna.T1.json").write_text(text)
    with pytest.raises(DataError, match=r"anna\.T1\.json is damaged .*; delete it"):
        records.keep("anna.T1", fail)


def test_records_are_json_for_everybody(tmp_path: Path, record: Record) -> None:
    Records(tmp_path, {}, touch).keep("anna.T1", lambda: record)
    text = (tmp_path / "anna.T1.json").read_text()
    assert json.loads(text)["figures"] == {"ours": {"SSIM": 0.5}} and "NaN" not in text


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match="cannot make the folder .*; give another folder"):
        Records(tmp_path / "file" / "run", {}, touch)


def test_one_worker_alone_gets_a_record_to_make(tmp_path: Path) -> None:
    first, second = (Records(tmp_path, {"seed": 0}, touch) for _ in range(2))
    assert first.claim("anna.T1") and not second.claim("anna.T1") and second.claim("ben.T1")
    first.drop_claims()  # a new start
    assert second.claim("anna.T1")
