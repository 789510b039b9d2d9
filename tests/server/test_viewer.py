"""The page of `headcast live`: its picture, its controls, its end."""

import json
from types import SimpleNamespace
from urllib.request import Request, urlopen

import cv2
import numpy as np
import pytest

from headcast.live.performance import LiveControls
from headcast.provenance.marks import Marks
from headcast.provenance.verify import read_marks
from headcast.server.settings import ServerSettings

viewer_module = pytest.importorskip("headcast.server.viewer", reason="the page needs headcast[studio]")

MARKS = Marks("talking head, live", "tiny.safetensors", "0" * 64, ("1" * 64,))


@pytest.fixture
def page():
    controls = LiveControls()
    viewer = viewer_module.Viewer(controls, MARKS, ServerSettings(port=0))
    yield SimpleNamespace(viewer=viewer, controls=controls)
    viewer.close()


def post(url: str, body: dict) -> int:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
    with urlopen(request, timeout=10) as answer:
        return answer.status


def test_the_newest_picture_is_shown_and_says_that_it_is_synthetic(page, tmp_path):
    picture = np.full((64, 96, 3), (200, 30, 30), np.uint8)
    with urlopen(page.viewer.url + "picture", timeout=10) as stream:
        while not page.viewer._watchers:
            pass
        for _ in range(3):
            page.viewer.show(picture)
        assert b"headcast-frame" in stream.readline()
        stream.readline()
        length = int(stream.readline().split(b":")[1])
        stream.readline()
        content = stream.read(length)
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(shown.astype(int) - picture[:, :, ::-1]).max() < 12
    (tmp_path / "shown.jpg").write_bytes(content)
    marks = read_marks(tmp_path / "shown.jpg")
    assert marks is not None and marks.kind == "talking head, live"


def test_controls_change_what_is_named_and_refuse_the_rest(page):
    assert post(page.viewer.url + "controls", {"freeze": True}) == 204
    assert page.controls.freeze and page.controls.mirror
    for wrong in ({"frozen": True}, {"freeze": 1}):
        with pytest.raises(Exception, match="422"):
            post(page.viewer.url + "controls", wrong)


def test_end_ends(page):
    assert not page.viewer.is_over
    assert post(page.viewer.url + "end", {}) == 204
    assert page.viewer.is_over


def test_pages_of_other_sites_see_nothing(page):
    for name, value in (("Origin", "http://evil.example"), ("Host", "evil.example")):
        with pytest.raises(Exception, match="403"):
            urlopen(Request(page.viewer.url + "picture", headers={name: value}), timeout=10)
