"""Rooms hand lines on to the other side, and to nobody else."""

import json

import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
from starlette.websockets import WebSocketDisconnect

URL = "ws://127.0.0.1:8350/api/rooms/"


def test_two_meet_and_a_third_does_not(client):
    with client.websocket_connect(URL + "one") as ann, client.websocket_connect(URL + "one") as ben:
        assert ben.receive_json() == {"kind": "second"} and ann.receive_json()["kind"] == "peer"
        with client.websocket_connect(URL + "one") as third:
            assert third.receive_json() == {"kind": "full"}
        for said in ({"kind": "line", "line": "HC1.x", "number": 3}, {"kind": "again", "line": "", "number": 0}):
            ann.send_json(said)
            assert ben.receive_json() == said
            ben.send_json(said)
            assert ann.receive_json() == said


def test_who_comes_back_is_announced_again(client):
    with client.websocket_connect(URL + "two") as ann:
        for _ in range(3):
            with client.websocket_connect(URL + "two") as ben:
                assert ben.receive_json() == {"kind": "second"} and ann.receive_json()["kind"] == "peer"


@pytest.mark.parametrize(
    "message", ["x", "[]", json.dumps({"kind": "line", "line": "x" * 30_000}), json.dumps({"kind": "peer"})]
)
def test_what_is_no_message_ends_a_side_and_not_the_other(client, message):
    with client.websocket_connect(URL + "three") as ann:
        with client.websocket_connect(URL + "three") as ben:
            ben.receive_json()
            ben.send_text(message)
            with pytest.raises(WebSocketDisconnect):
                ben.receive_json()
        assert ann.receive_json()["kind"] == "peer"
        with client.websocket_connect(URL + "three") as again:
            assert again.receive_json() == {"kind": "second"}


def test_there_are_only_so_many_rooms(client, monkeypatch):
    monkeypatch.setattr("headcast.server.rooms_kept.MAX_ROOMS", 1)
    with client.websocket_connect(URL + "a"), client.websocket_connect(URL + "b") as refused:
        assert refused.receive_json() == {"kind": "full"}
    with client.websocket_connect(URL + "x" * 65) as refused:
        assert refused.receive_json() == {"kind": "full"}
