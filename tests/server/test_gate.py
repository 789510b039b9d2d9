import contextlib
import socket
import time

import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
from fastapi.testclient import TestClient

from headcast.errors import MediaError
from headcast.server.app import make_app
from headcast.server.rates import AT_ONCE, Rates
from headcast.server.run import Server
from headcast.server.settings import ServerSettings, with_token

OPENAPI = "/api/openapi.json"
TOKEN = "a-token-for-the-tests"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8350", "127.0.0.1", "127.0.0.1:80", "localhost:x", "127.0.0.1.evil:8350", ""]
)
def test_a_name_that_was_made_to_point_here_is_refused(client, host):
    answer = client.get(OPENAPI, headers={"Host": host})
    assert answer.status_code == 403 and "under that name" in answer.json()["error"]


@pytest.mark.parametrize("host", ["127.0.0.1:8350", "localhost:8350", "LOCALHOST:8350", "[::1]:8350"])
def test_this_computers_own_names_are_not(client, host):
    answer = client.get(OPENAPI, headers={"Host": host, "Origin": f"http://{host}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8351", "http://127.0.0.1", ""])
def test_another_sites_page_is_refused(client, origin):
    answer = client.get(OPENAPI, headers={"Origin": origin})
    assert answer.status_code == 403 and "Access-Control-Allow-Origin" not in answer.headers


def test_another_sites_page_may_link_here_and_nothing_else(client):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get(OPENAPI, headers=foreign | link).status_code == 200
    for picture_or_frame in ({"Sec-Fetch-Mode": "no-cors"}, link | {"Sec-Fetch-Dest": "iframe"}):
        assert client.get(OPENAPI, headers=foreign | picture_or_frame).status_code == 403


def test_answers_say_what_a_page_may_do(client):
    headers = client.get(OPENAPI).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


def test_an_allowed_page_of_another_site_may_ask():
    game = "http://localhost:5173"
    with TestClient(make_app(ServerSettings(origins=(game,))), base_url="http://127.0.0.1:8350") as client:
        asked = client.options(OPENAPI, headers={"Origin": game, "Access-Control-Request-Method": "PUT"})
        assert asked.status_code == 204 and "PUT" in asked.headers["Access-Control-Allow-Methods"]
        assert client.get(OPENAPI, headers={"Origin": game}).headers["Access-Control-Allow-Origin"] == game
        assert client.get(OPENAPI, headers={"Origin": "http://localhost:5174"}).status_code == 403


def test_a_server_for_others_needs_its_token():
    app = make_app(ServerSettings("0.0.0.0", token=TOKEN))
    with TestClient(app, base_url="http://192.168.1.5:8350", follow_redirects=False) as client:
        refused = client.get(OPENAPI)
        assert refused.status_code == 401 and TOKEN not in refused.text
        for header in ({"Authorization": "Bearer wrong"}, {"Cookie": "headcast_8350=wrong"}):
            assert client.get(OPENAPI, headers=header).status_code == 401
        assert client.get(f"{OPENAPI}?token=wrong").status_code == 401
        assert client.get(OPENAPI, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get(OPENAPI, headers={"Host": "evil.example", "Cookie": f"headcast_8350={TOKEN}"}).is_client_error
        assert client.get(f"{OPENAPI}?token={TOKEN}").status_code == 200  # a program's
        opened = client.get(f"{OPENAPI}?token={TOKEN}&x=1", headers={"Accept": "text/html"})
        assert (opened.status_code, opened.headers["Location"]) == (303, f"{OPENAPI}?x=1")
        assert "HttpOnly" in opened.headers["Set-Cookie"] and "strict" in opened.headers["Set-Cookie"].lower()
        assert client.get(OPENAPI).status_code == 200  # the cookie was kept


def test_settings_that_others_could_use_are_not_made_without_a_token():
    with pytest.raises(ValueError, match="can be reached by others"):
        ServerSettings("0.0.0.0")
    with pytest.raises(ValueError, match="at least 16"):
        ServerSettings(token="short")
    assert len(with_token("0.0.0.0", 0).token) >= 32
    assert with_token("::1", 0).token is None and with_token("localhost", 0).is_local


def test_an_address_that_asks_too_often_waits():
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert all(rates.allows("a") for _ in range(int(AT_ONCE)))
    assert not rates.allows("a") and rates.allows("b")
    now[0] += 1.0
    assert rates.allows("a")


def test_nothing_is_left_of_a_server(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with TestClient(app := make_app(), base_url="http://127.0.0.1:8350"):
        folder = app.state.workplace.folder
        (folder / "upload").write_bytes(b"x")
        assert folder.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken(serving):
    with serving() as server, pytest.raises(MediaError, match=r"cannot serve on 127.0.0.1 port \d+ .* or 0"):
        Server(make_app(), ServerSettings(port=server.port))


def test_a_client_that_drips_is_cut(serving, monkeypatch, capfd):
    monkeypatch.setattr("headcast.server.run.HEAD_SECONDS", 0.3)
    with serving() as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /api/openapi.json HTTP/1.1\r\nX: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
            pytest.fail("the client could go on for five seconds")
    assert "Traceback" not in capfd.readouterr().err
