import gc
import io

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")

from headcast.media.images import read_image, write_image
from headcast.media.portraits import PORTRAITS
from headcast.provenance.verify import read_marks
from headcast.server import coaching
from headcast.server.avatar_routes import can_tune

PHOTO = PORTRAITS["astronaut"]


def picture(answer):
    return np.asarray(PIL.Image.open(io.BytesIO(answer.content)).convert("RGB"))


@pytest.fixture(scope="module")
def avatar(client, send):
    """An avatar of one photo."""
    answer = client.post("/api/avatars", json={"files": [send(PHOTO, "eileen.webp")["id"]]})
    assert answer.status_code == 201
    return answer.json()


def test_a_photo_becomes_an_avatar(client, avatar):
    assert (avatar["name"], avatar["kind"], avatar["has_file"]) == ("eileen", "photo", False)
    assert [one["id"] for one in client.get("/api/avatars").json()][:2] == ["astronaut", "hopper"]
    assert client.get(f"/api/avatars/{avatar['id']}").json() == avatar
    shown = picture(client.get(f"/api/avatars/{avatar['id']}/picture"))
    assert shown.shape == (512, 512, 3)
    assert np.abs(shown.astype(int) - read_image(PHOTO)).mean() < 4
    assert picture(client.get("/api/avatars/hopper/picture?head=true&side=64")).shape == (64, 64, 3)
    assert client.get(f"/api/avatars/{avatar['id']}/file").status_code == 422


def test_points_put_by_hand_move_the_face(client, send, avatar):
    face = client.get(f"/api/avatars/{avatar['id']}/face").json()
    moved = {name: [x + 6, y - 4] for name, (x, y) in face["handles"].items()}
    answer = client.post("/api/avatars", json={"files": avatar["photos"], "handles": moved})
    placed = client.get(f"/api/avatars/{answer.json()['id']}/face").json()
    for name, (x, y) in moved.items():
        assert placed["handles"][name] == pytest.approx([x, y], abs=0.5)
    client.delete(f"/api/avatars/{answer.json()['id']}")
    refused = client.post("/api/avatars", json={"files": avatar["photos"], "handles": {"chin": [1, 2]}})
    assert refused.status_code == 422 and "handles must have each" in refused.json()["error"]


def test_avatars_come_and_go_and_the_examples_stay(client, avatar):
    other = client.post("/api/avatars", json={"files": avatar["photos"], "name": "Other", "scale": 1.3}).json()
    assert (other["name"], other["scale"]) == ("Other", 1.3)
    assert client.delete(f"/api/avatars/{other['id']}").status_code == 204
    assert client.get(f"/api/avatars/{other['id']}").status_code == 422
    assert client.delete("/api/avatars/hopper").status_code == 422
    assert client.get("/api/avatars/hopper").status_code == 200


def test_a_still_does_as_the_controls_say_and_is_marked(client, tmp_path):
    asked = {"avatar": "astronaut", "controls": {}}
    at_rest = client.post("/api/stills", json=asked)
    still = client.post("/api/stills", json=asked | {"controls": {"mouth": 0.8}, "format": "jpg"})
    assert still.headers["Content-Type"] == "image/jpeg" and "attachment" in still.headers["Content-Disposition"]
    change = np.abs(picture(still).astype(int) - picture(at_rest)).max(axis=2)
    rows, columns = np.nonzero(change > 80)
    assert len(rows) > 50 and 95 < rows.mean() < 200 and 180 < columns.mean() < 270  # about the mouth
    for answer, suffix in ((at_rest, ".png"), (still, ".jpg")):
        path = tmp_path / f"still{suffix}"
        path.write_bytes(answer.content)
        assert read_marks(path).kind == "talking head, still"
    for controls in ({"mouth": 5}, {"frown": 1}, {"mouth": "1"}):
        assert client.post("/api/stills", json=asked | {"controls": controls}).status_code == 422


def test_the_coach_tells_a_stranger_and_what_shows_no_face(client, send, tmp_path):
    mirrored, blank = tmp_path / "mirrored.png", tmp_path / "blank.png"
    write_image(mirrored, np.ascontiguousarray(read_image(PHOTO)[:, ::-1]), {})
    write_image(blank, np.full((200, 200, 3), 90, np.uint8), {})
    files = [send(path, path.name)["id"] for path in (PHOTO, mirrored, PORTRAITS["hopper"], blank)]
    said = client.post("/api/avatars/check", json={"files": files}).json()
    assert [photo["file"] for photo in said["photos"]] == files
    verdicts, likeness = ([photo[key] for photo in said["photos"]] for key in ("verdict", "likeness"))
    assert "leave out" not in verdicts[:2] and verdicts[2:] == ["leave out", "leave out"]
    assert min(likeness[:2]) > 0.8 and likeness[2] < 0.3 and likeness[3] is None
    assert "another person" in said["photos"][2]["reason"] and "no face" in said["photos"][3]["reason"]
    assert "closed eyes" in said["missing"]


def test_a_photo_is_measured_once_and_forgotten_with_its_file(client, send, monkeypatch):
    measured = []
    known = coaching.measure_photo
    monkeypatch.setattr(coaching, "measure_photo", lambda sitter: measured.append(sitter) or known(sitter))
    files = [send(PHOTO, name)["id"] for name in ("one.webp", "two.webp")]
    answers = [client.post("/api/avatars/check", json={"files": some}).json() for some in (files[:1], files, files)]
    assert len(measured) == 2 and {upload.id for upload in coaching._known} >= set(files)
    assert answers[1] == answers[2]
    assert answers[1]["photos"][1]["likeness"] > 0.99
    for file in files:
        client.delete(f"/api/files/{file}")
    gc.collect()
    assert {upload.id for upload in coaching._known}.isdisjoint(files)


def test_the_picture_of_a_motion_moves(client):
    moving = PIL.Image.open(io.BytesIO(client.get("/api/motions/nod/preview").content))
    still = PIL.Image.open(io.BytesIO(client.get("/api/motions/nod/preview?still=true").content))
    assert moving.n_frames > 20 and getattr(still, "n_frames", 1) == 1
    assert client.get("/api/motions/none/preview").status_code == 404


def test_tuning_says_what_is_missing(client, avatar, monkeypatch):
    monkeypatch.setattr("headcast.server.avatar_routes.find_spec", lambda name: None)
    answer = client.post("/api/avatars/tuned", json={"files": avatar["photos"]})
    assert answer.status_code == 501 and "headcast[train]" in answer.json()["error"]
    assert not can_tune() and client.get("/api/status").json()["can_tune"] is False
