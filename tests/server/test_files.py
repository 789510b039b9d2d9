import contextlib
import io
import socket
import time
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")

from headcast.media.portraits import PORTRAITS

PHOTO = PORTRAITS["astronaut"]


def folder_of(client):
    return client.app.state.workplace.folder


def kept(client):
    return sorted(path.name for path in (folder_of(client) / "uploads").iterdir())


def test_a_file_is_known_by_its_content_and_comes_back_as_it_was(client, send, short_motion):
    photo = send(PHOTO, "speech.mp4")  # the name says nothing
    assert (photo["kind"], photo["size"], photo["name"]) == ("photo", [512, 512], "speech.mp4")
    motion = send(short_motion)
    assert (motion["kind"], motion["seconds"]) == ("motion", pytest.approx(5 / 30))
    got = client.get(f"/api/files/{photo['id']}")
    assert got.content == PHOTO.read_bytes() and got.headers["Content-Type"] == "image/webp"
    assert {photo["id"], motion["id"]} <= {file["id"] for file in client.get("/api/files").json()}
    for file in (photo, motion):
        assert client.delete(f"/api/files/{file['id']}").status_code == 204
    assert client.get(f"/api/files/{photo['id']}").status_code == 422


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no picture"),
        (b"<svg onload=alert(1)>", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no picture"),
        (b"#EXTM3U\nhttp://192.0.2.1/x.ts\n", "no picture"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "odd.bin"),
        (PHOTO.read_bytes()[:2000], "odd.bin"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 500, "odd.bin"),
        (b"\x10" + b"\0" * 7 + b'{"__metadata__":', "odd.bin"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_in_one_line_and_not_kept(client, content, word):
    before = kept(client)
    answer = client.post("/api/files", params={"name": "odd.bin"}, content=content)
    error = answer.json()["error"]
    assert answer.status_code == 422 and word in error and "\n" not in error
    assert str(folder_of(client)) not in error and kept(client) == before


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/passwd", "a\0b\x1b[31m", "x" * 250])
def test_a_clients_name_is_never_a_path(client, send, name):
    before = set(kept(client))
    file = send(PHOTO, name)
    assert set(kept(client)) - before == {f"{file['id']}.webp"}
    assert file["name"].isprintable() and len(file["name"]) <= 110
    client.delete(f"/api/files/{file['id']}")


@pytest.mark.parametrize(
    "path",
    [
        "/api/files/..%2f..%2fetc%2fpasswd",
        "/api/files/%2e%2e",
        "/api/avatars/..%2fx/picture",
        "/static/..%2fapp.py",
        "/static/app.py",
        "/static/%2e%2e%2fapp.py",
        "/static/studio.css/",
        "/api/motions/..%2fx/preview",
    ],
)
def test_no_path_of_a_clients_is_opened(client, path):
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code in (307, 404, 422) and "error" in (answer.text or "error")
    assert "import" not in answer.text and "root:" not in answer.text


def test_a_file_that_is_too_large_is_refused_however_it_comes(client, monkeypatch):
    monkeypatch.setattr("headcast.server.body.MAX_UPLOAD_BYTES", 100_000)
    before = kept(client)
    for content in (b"\x89PNG" * 30_000, iter([b"\x89PNG" * 10_000] * 3)):
        answer = client.post("/api/files", content=content)
        assert answer.status_code == 413 and answer.json()["error"] == "expected at most 97 kB"
    assert kept(client) == before


def test_a_request_that_uploads_nothing_is_small(client):
    answer = client.post("/api/jobs", content=b'{"avatar": "' + b"x" * 300_000 + b'"}')
    assert answer.status_code == 413 and answer.json()["error"] == "expected at most 256 kB"


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(client):
    file = io.BytesIO()
    PIL.Image.new("1", (20_000, 20_000)).save(file, "PNG")
    answer = client.post("/api/files", content=file.getvalue())
    assert answer.status_code == 422 and "megapixels" in answer.json()["error"]


def test_there_is_room_for_so_many_files(client, send, monkeypatch):
    monkeypatch.setattr("headcast.server.uploads.MAX_KEPT_FILES", len(kept(client)))
    answer = client.post("/api/files", content=PHOTO.read_bytes())
    assert answer.status_code == 422 and "delete some" in answer.json()["error"]
    monkeypatch.setattr("headcast.server.uploads.MAX_KEPT_FILES", 200)
    monkeypatch.setattr("headcast.server.uploads.MAX_KEPT_BYTES", 1000)
    assert "GB" in client.post("/api/files", content=PHOTO.read_bytes()).json()["error"]


def test_an_upload_that_drips_is_cut_and_nothing_of_it_is_kept(serving, monkeypatch, capfd):
    monkeypatch.setattr("headcast.server.body.SECONDS", 0.3)
    monkeypatch.setattr("headcast.server.body.UPLOAD_SECONDS", 0.6)
    with serving() as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = f"POST /api/files HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 99999\r\n\r\n"
        connection.sendall(head.encode())
        said = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
                connection.settimeout(0.001)
                with contextlib.suppress(TimeoutError):
                    said += connection.recv(1000)
                    if not said:
                        break
                if said:
                    break
            else:
                pytest.fail("the client could go on for five seconds")
        assert said == b"" or b" 408 " in said
        assert not list((server.app.state.workplace.folder / "uploads").iterdir())
    assert "Traceback" not in capfd.readouterr().err


def test_where_the_face_is(client, send):
    file = send(PHOTO)
    face = client.get(f"/api/files/{file['id']}/face").json()
    left, top, side, _ = face["box"]
    assert face["found"] and left < face["handles"]["nose_tip"][0] < left + side
    assert face["handles"]["right_iris"][0] < face["handles"]["left_iris"][0]  # the person's own right
    assert face["handles"]["chin"][1] > face["handles"]["lower_lip_bottom"][1] and top < 60


def test_where_no_face_is_found_the_average_one_waits_in_the_middle(client, send):
    blank = io.BytesIO()
    PIL.Image.new("RGB", (400, 300), "grey").save(blank, "PNG")
    file = send(blank.getvalue(), "blank.png")
    face = client.get(f"/api/files/{file['id']}/face").json()
    assert not face["found"] and face["size"] == [400, 300]
    assert all(0 < x < 400 and 0 < y < 300 for x, y in face["handles"].values())
    refused = client.post("/api/avatars", json={"files": [file["id"]]})
    assert refused.status_code == 422 and refused.json()["error"].startswith("no face in blank.png")


def test_pages_reach_for_nothing_elsewhere(client):
    folder = Path(__file__).parents[2] / "headcast" / "server" / "static"
    head = folder / "head.html"  # which stands in each page
    for path in sorted(set(folder.iterdir()) - {head}):
        content = client.get(f"/static/{path.name}")
        assert content.status_code == 200
        assert content.content == path.read_bytes().replace(b"<!-- head.html -->\n", head.read_bytes())
        assert path.suffix != ".html" or head.read_bytes() in content.content
        foreign = content.text.replace("http://www.w3.org/2000/svg", "").replace("http://localhost", "")
        assert "http://" not in foreign and "https://" not in foreign, path.name
    assert "'self'" in client.get("/").headers["Content-Security-Policy"]
    assert client.get("/docs").status_code == 200
