import contextlib
import http.client
import json
import socket
import struct
import time

import pytest

from headcast.errors import DataError, MediaError
from headcast.server.study import MAX_BODY_BYTES, open_server
from headcast.study.answers import ANSWERS_NAME, read_answers


@pytest.fixture
def ask(server):
    """Sends one request; returns the status, the headers and the body."""

    def send(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        content = json.dumps(body) if isinstance(body, dict) else body
        kind = {"Content-Type": "application/json"} if body is not None else {}
        wanted = {**kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, content, {name: value for name, value in wanted.items() if value is not None})
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer

    return send


@pytest.fixture
def participant(ask):
    return json.loads(ask("POST", "/participants", {})[2])["participant"]


def test_a_whole_participation(ask, server, participant):
    status, _, body = ask("GET", f"/participants/{participant}")
    progress = json.loads(body)
    shown = set()
    assert status == 200 and (progress["num_answered"], progress["num_questions"]) == (0, 4)
    while asked := progress["next"]:
        assert set(asked) == {"triplet", "pictures"}  # and nothing of the answer
        for picture in asked["pictures"]:
            status, headers, content = ask("GET", f"/pictures/{picture}.png")
            assert (status, headers["Content-Type"], content[:4]) == (200, "image/png", b"\x89PNG")
        shown |= set(asked["pictures"])
        choice = {"triplet": asked["triplet"], "picture": asked["pictures"][1]}
        status, _, body = ask("POST", f"/participants/{participant}", choice)
        assert status == 201
        assert ask("POST", f"/participants/{participant}", choice)[0] == 409  # once only
        progress = json.loads(body)
    assert progress["num_answered"] == 4 and len(shown) == 12
    assert len(read_answers(server.study)) == 4


def test_the_page_is_whole_and_reaches_for_nothing_else(ask):
    page = ask("GET", "/")[2].decode()
    assert 'href="/study.css"' in page and 'src="/study.js"' in page
    for path, kind in (("/", "text/html"), ("/study.css", "text/css"), ("/study.js", "text/javascript")):
        status, headers, content = ask("GET", path)
        assert status == 200 and headers["Content-Type"].startswith(kind)
        assert b"http" not in content.replace(b'"http', b"")
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert json.loads(ask("GET", "/study")[2]) == {"num_questions": 4}


def test_nothing_says_when_a_picture_was_made(ask, server):
    question = next(iter(server.study.questions.values()))
    seen = [set(ask("GET", f"/pictures/{name}.png")[1].keys()) for name in question.pictures]
    assert seen[0] == seen[1] == seen[2] and not seen[0] & {"Last-Modified", "ETag"}


@pytest.mark.parametrize(
    "path",
    [
        "/key.json",
        f"/{ANSWERS_NAME}",
        "/pictures/",
        "/pictures/../key.json",
        "/pictures/..%2fkey.json",
        "/pictures//etc/passwd",
        "/static/study.js",
        "/../pyproject.toml",
        "/pictures/ffffffffffffffff.png",
    ],
)
def test_nothing_else_is_served(ask, path):
    status, _, body = ask("GET", path)
    assert status == 404 and json.loads(body) == {"error": "there is nothing here"}
    assert ask("POST", path, {})[0] in (404, 405)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", None])
def test_another_sites_name_is_refused(ask, host):
    status, _, body = ask("GET", "/study", Host=host or "")
    assert status == 403 and "open it by its address" in json.loads(body)["error"]


def test_this_computers_own_names_are_not(ask, server):
    for name in ("127.0.0.1", "localhost"):
        assert ask("GET", "/study", Host=f"{name}:{server.port}")[0] == 200
        own = f"{name}:{server.port}"
        assert ask("POST", "/participants", {}, Host=own, Origin=f"http://{own}")[0] == 201


def test_another_sites_page_cannot_answer(ask, server):
    before = server.answers.num_participants
    assert ask("POST", "/participants", {}, Origin="http://evil.example")[0] == 403
    assert ask("POST", "/participants", "{}", Content_Type="text/plain")[0] == 415  # what a form may send unasked
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in ask("OPTIONS", "/participants", **asked)[1]
    assert server.answers.num_participants == before


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("x" * (MAX_BODY_BYTES + 1), {}, 413),
        ("", {"Content_Length": "9" * 18}, 413),
        ("[" * 1000, {}, 400),
        ("[]", {}, 400),
        ("not json", {}, 400),
        ({"triplet": "0" * 16}, {}, 400),
        ({"triplet": ["x"], "picture": 3}, {}, 400),
        ({"triplet": "0", "picture": "0"}, {}, 409),
    ],
)
def test_odd_bodies_are_refused(ask, server, participant, body, headers, status):
    answer = ask("POST", f"/participants/{participant}", body, **headers)
    assert answer[0] == status and "error" in json.loads(answer[2])
    assert server.answers.num_answers == 0


@pytest.mark.parametrize("length", ["9" * 30, "-1", "٣"])
def test_a_length_that_is_none_ends_the_connection(ask, server, participant, length):
    assert ask("POST", f"/participants/{participant}", "", Content_Length=length.encode())[0] == 400
    assert server.answers.num_answers == 0


def test_a_token_that_was_never_given(ask):
    status, _, body = ask("GET", f"/participants/{'f' * 32}")
    assert status == 409 and "start again" in json.loads(body)["error"]


def test_a_picture_that_is_gone_is_said_to_be(ask, server):
    name = next(iter(server.study.questions.values())).pictures[0]
    server.study.picture_path(name).unlink()
    status, _, body = ask("GET", f"/pictures/{name}.png")
    assert status == 500 and "does not exist" in json.loads(body)["error"]


def test_a_port_that_is_taken_and_a_folder_without_a_study(server, tmp_path):
    taken = pytest.raises(MediaError, match=r"cannot serve on .* port \d+ \(.*\); give another --port, or 0")
    with taken, open_server(server.study.folder, server.port):
        pass
    with pytest.raises(DataError, match="no study in"), open_server(tmp_path, 0):
        pass


def _connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_a_client_that_resets_leaves_no_traceback(server, ask, capfd):
    for sent in (b"", b"GET /stu", b"POST /participants HTTP/1.1\r\nContent-Length: 99\r\n"):
        connection = _connected(server)
        connection.sendall(sent)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()  # sends a reset
    assert ask("GET", "/study")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("part", [b"GET /study HTTP/1.1\r\nX: ", b"POST /participants HTTP/1.1\r\n"])
def test_a_client_that_drips_is_cut(server, monkeypatch, part, capfd):
    """One letter now and then keeps no connection open."""
    monkeypatch.setattr("headcast.server.run.HEAD_SECONDS", 0.3)
    monkeypatch.setattr("headcast.server.body.SECONDS", 0.3)
    with _connected(server) as connection:
        connection.sendall(part)
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
            pytest.fail("the client could go on for five seconds")
    assert "Traceback" not in capfd.readouterr().err
