import json
import shutil
import sys

import pytest

from headcast.cli import checks
from headcast.cli.checks import CHECKS, Finding, State, run_check
from headcast.inpainting import network as inpainting
from headcast.tracking import models


def test_doctor_prints_one_line_per_check_and_fails_only_where_one_fails(headcast):
    ended = headcast("doctor", "--json")
    findings = json.loads(ended.out)["checks"]
    assert list(findings) == list(CHECKS)
    assert ended.code == int("fail" in {finding["state"] for finding in findings.values()})
    for finding in findings.values():
        assert finding["detail"]
        assert bool(finding["cure"]) == (finding["state"] != "ok")


@pytest.mark.parametrize(
    ("state", "code"), [(State.OK, 0), (State.WARN, 0), (State.FAIL, 1)], ids=lambda value: str(value)
)
def test_only_a_failure_changes_the_exit_code(headcast, monkeypatch, state, code):
    cure = "" if state is State.OK else "fix it"
    monkeypatch.setattr("headcast.cli.doctor.CHECKS", {"thing": lambda: Finding(state, "found", cure)})
    ended = headcast("doctor")
    assert ended.code == code
    assert ended.out == f"{state.value:4} thing: found" + ("; fix it\n" if cure else "\n")


def test_a_package_that_cannot_be_imported_is_a_failure_with_the_cure():
    def broken():
        raise ImportError("No module named 'torch'")

    finding = run_check(broken)
    assert finding.state is State.FAIL
    assert "No module named 'torch'" in finding.detail
    assert "pip install" in finding.cure


def test_what_another_opencv_left_is_a_failure_with_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "cv2").mkdir()  # a folder without code, which Python imports all the same
    monkeypatch.delitem(sys.modules, "cv2")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    finding = run_check(checks.check_opencv)
    assert finding.state is State.FAIL
    assert "'__version__' from 'cv2'" in finding.detail
    assert "pip install opencv-python-headless" in finding.cure


@pytest.mark.parametrize(
    ("place", "name"), [(models, "face_mesh.onnx"), (inpainting, "inpainting.onnx")], ids=["tracker", "inpainting"]
)
def test_a_damaged_network_is_named(monkeypatch, tmp_path, place, name):
    for path in place.ASSETS.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / name).write_bytes(b"cut")
    monkeypatch.setattr(place, "HASHES", tmp_path / place.HASHES.name)
    finding = run_check(checks.check_networks)
    assert (finding.state, finding.detail) == (State.FAIL, f"missing or damaged: {name}")


def test_a_cache_that_cannot_be_written_is_a_warning(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert checks.check_cache().state is State.WARN
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert checks.check_cache() == Finding(State.OK, str(tmp_path / "headcast"))
