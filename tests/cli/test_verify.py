import json

import numpy as np
import pytest

from headcast.media.images import write_image
from headcast.provenance.marks import Marks

MARKS = Marks(
    kind="composite talking head",
    model="lite",
    model_sha256="0123456789ab",
    source_sha256=("a" * 64,),
    seed=7,
    created="2026-01-31T23:59:59Z",
)


@pytest.fixture
def marked(tmp_path):
    path = tmp_path / "marked.png"
    write_image(path, np.zeros((8, 8, 3), np.uint8), MARKS.to_metadata())
    return path


def test_marks_are_read_back(headcast, marked):
    ended = headcast("verify", marked)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"{marked}: synthetic"
    assert "  created: 2026-01-31T23:59:59Z" in ended.out.splitlines()
    assert f"  source sha256: {'a' * 64}" in ended.out.splitlines()


def test_marks_as_json(headcast, marked):
    answer = json.loads(headcast("verify", marked, "--json").out)
    assert answer["synthetic"] is True
    assert answer["marks"]["seed"] == 7
    assert answer["marks"]["source_sha256"] == ["a" * 64]


def test_a_file_without_marks_is_not_called_genuine(headcast, astronaut_path):
    ended = headcast("verify", astronaut_path)
    assert ended.code == 1
    assert "no mark of Headcast found; that does not show that it is genuine" in ended.out
    assert json.loads(headcast("verify", astronaut_path, "--json").out)["synthetic"] is None


@pytest.mark.parametrize("name", ["empty.mp4", "text.mp4", "text.png", "cut.png", "song.mp3"])
def test_a_file_that_cannot_be_read_ends_in_one_line(headcast, tmp_path, astronaut_path, name):
    path = tmp_path / name
    path.write_bytes({"empty.mp4": b"", "cut.png": astronaut_path.read_bytes()[:20]}.get(name, b"not what it says"))
    ended = headcast("verify", path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert name in ended.err
