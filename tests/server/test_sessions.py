import asyncio
import io
import json
import struct
import threading
import time
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
import websockets
from starlette.websockets import WebSocketDisconnect

from headcast.geometry.builtin import builtin_motion
from headcast.limits import MAX_REQUEST_BYTES
from headcast.media.images import read_image_metadata
from headcast.reenact.options import SessionOptions
from headcast.server.sessions import ApiSession, Newest

HEAD = struct.Struct("<4sIHHBBH")
FACE = builtin_motion("nod", seconds=0.1).landmarks


def unpack(message):
    magic, number, width, height, kind, synthetic, zero = HEAD.unpack(message[:16])
    assert (magic, synthetic, zero) == (b"HCF1", 1, 0)
    return SimpleNamespace(number=number, size=(width, height), kind=kind, content=message[16:])


def opened(client, **asked):
    answer = client.post("/api/sessions", json={"avatar": "astronaut", **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()


def connected(client, session):
    return client.websocket_connect(f"ws://127.0.0.1:8350{session['path']}")


def test_frames_are_what_they_say_and_are_marked(client, tmp_path):
    for kind, suffix, mode in (("jpeg", ".jpg", "RGB"), ("webp", ".webp", "RGBA")):
        session = opened(client, format=kind, max_side=200)
        assert session["synthetic"] is True
        with connected(client, session) as socket:
            assert socket.receive_json() == session
            socket.send_json({"seq": 7, "controls": {"turn": 10, "mouth": 0.5}})
            frame = unpack(socket.receive_bytes())
        picture = PIL.Image.open(io.BytesIO(frame.content))
        assert frame.number == 7 and picture.size == frame.size == (200, 200) and picture.mode == mode
        path = tmp_path / f"frame{suffix}"
        path.write_bytes(frame.content)
        assert read_image_metadata(path)["comment"].startswith("Synthetic")


def test_one_session_understands_three_languages_and_refuses_others(client):
    session = opened(client, format="rgba")
    with connected(client, session) as socket:
        socket.receive_json()

        def ask(message):
            socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(json.dumps(message))
            answer = socket.receive()
            if "bytes" not in answer:
                return json.loads(answer["text"])["error"]
            frame = unpack(answer["bytes"])
            return np.frombuffer(frame.content, np.uint8).reshape(*frame.size[::-1], 4).astype(int)

        rest = ask({"controls": {}})
        assert rest.shape == (256, 256, 4) and {0, 255} <= set(np.unique(rest[:, :, 3]).tolist())
        shut = ask({"controls": {"left_lid": -1, "right_lid": -1}})
        assert np.abs(shut - rest).max() > 60
        # A blink is a blink in both languages.
        assert np.abs(ask({"arkit": {"eyeBlinkLeft": 1, "eyeBlinkRight": 1}}) - shut).max() <= 2
        first = ask({"landmarks": FACE[0].tolist()})
        assert np.abs(ask(FACE[0].astype("<f4").tobytes()) - first).max() == 0
        assert np.abs(ask({"landmarks": FACE[2].tolist(), "anew": True}) - first).max() <= 40
        for message, word in (
            ([], "no JSON table"),
            ({}, "one of controls, arkit, landmarks"),
            ({"controls": {}, "arkit": {}}, "one of"),
            ({"controls": {"turn": 1e9}}, "turn"),
            ({"controls": {}, "path": "/etc/passwd"}, "'path'"),
            ({"controls": {}, "seq": -1}, "seq"),
            ({"controls": {}, "seq": 2**32}, "seq"),
            ({"arkit": {"jawOpn": 1}}, "jawOpn"),
            ({"landmarks": [[1, 2, 3]]}, "478"),
            ({"landmarks": [[1, 2, "3"]] * 478}, "landmark"),
            ({"landmarks": [[1, 2, 3]] * 478}, "one place"),
            (b"x" * 5735, "5736"),
            (np.full((478, 3), np.nan, "<f4").tobytes(), "finite"),
        ):
            assert word in ask(message), message
        assert np.abs(ask({"controls": {}}) - rest).max() == 0  # and it goes on as if nothing had been


def test_a_session_has_one_client_and_an_end(client):
    session = opened(client)
    with connected(client, session) as first:
        first.receive_json()
        with connected(client, session) as second, pytest.raises(WebSocketDisconnect) as refused:
            second.receive_json()
        assert refused.value.code == 4409
        first.send_text("x" * (MAX_REQUEST_BYTES + 1))
        with pytest.raises(WebSocketDisconnect) as cut:
            first.receive_json()
        assert cut.value.code == 1009
    assert client.get(session["path"]).status_code == 200
    assert client.delete(session["path"]).status_code == 204
    with connected(client, session) as gone, pytest.raises(WebSocketDisconnect) as closed:
        gone.receive_json()
    assert closed.value.code == 4404


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Host": "evil.example:8350"}, {"Origin": "null"}],
)
def test_a_strangers_page_cannot_connect(client, headers):
    session = opened(client)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://127.0.0.1:8350{session['path']}", headers=headers),
    ):
        pass


def test_sessions_make_room_for_new_ones(client, monkeypatch):
    monkeypatch.setattr("headcast.server.sessions.MAX_SESSIONS", 2)
    first = opened(client)
    with connected(client, first) as socket:
        socket.receive_json()
        second, third = opened(client), opened(client)
        assert [client.get(one["path"]).status_code for one in (first, second, third)] == [200, 422, 200]


def test_a_client_that_comes_back_finds_its_session_and_one_that_does_not_frees_its_memory(client, monkeypatch):
    session = opened(client, format="rgba")
    kept = client.app.state.workplace.sessions.find(session["id"])

    def ask():
        with connected(client, session) as socket:
            socket.receive_json()
            socket.send_json({"controls": {"turn": 5}})
            return socket.receive_bytes()

    first = ask()
    puppet = kept._puppet
    assert puppet is not None
    monkeypatch.setattr("headcast.server.session_routes.SECONDS_TO_RESUME", 0.0)
    assert ask() == first
    end = time.monotonic() + 60
    while kept._puppet is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert ask() == first


def test_a_driver_who_comes_back_is_measured_from_the_same_first_face(client):
    """Its memory was given back meanwhile: without the first face each further one would be held for neutral."""
    session = opened(client, format="rgba")
    kept = client.app.state.workplace.sessions.find(session["id"])

    def ask(*faces):
        with connected(client, session) as socket:
            socket.receive_json()
            for face in faces:
                socket.send_bytes(face.astype("<f4").tobytes())
                frame = socket.receive_bytes()
        return np.frombuffer(frame[16:], np.uint8).astype(int)

    nod = builtin_motion("nod", seconds=1).landmarks
    neutral, nodding = ask(nod[0]), ask(nod[0], nod[8])
    assert np.abs(nodding - neutral).max() > 20
    kept.is_open = False
    kept.release()
    assert np.abs(ask(nod[8]) - nodding).max() <= 1


def test_the_newest_message_takes_the_place_of_the_one_that_waits():
    async def run():
        newest = Newest()
        for message in ("1", "2", "3"):
            newest.put(message)
        assert await newest.take() == "3" and newest.num_skipped == 2
        waiting = asyncio.create_task(newest.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        newest.close()
        assert await waiting is None

    asyncio.run(run())


class FastPuppet:
    """A person who is drawn in no time, large: what is tested is the traffic."""

    num_shown = 0

    def __init__(self, source, options):
        self.pose = lambda controls: controls

    def show(self, controls):
        type(self).num_shown += 1
        time.sleep(0.001)
        return np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)


def test_fifty_clients_of_which_ten_are_slow_and_five_die(serving, monkeypatch):
    """The slow ones read nothing, the dying leave without a word; the others get an answer to all that they ask."""
    monkeypatch.setattr("headcast.server.sessions.Puppet", FastPuppet)
    asked, num_threads = 15, threading.active_count()

    async def good(url):
        async with websockets.connect(url, max_size=None) as socket:
            await socket.recv()
            for number in range(asked):
                await socket.send(json.dumps({"seq": number, "controls": {"turn": number}}))
                assert unpack(await asyncio.wait_for(socket.recv(), 30)).number == number
        return "good"

    async def slow(url, until):
        async with websockets.connect(url, max_queue=1, close_timeout=0.1) as socket:
            for number in range(200):  # of which most are never made
                await socket.send(json.dumps({"seq": number, "controls": {}}))
            await until.wait()
            socket.transport.abort()

    async def dying(url):
        async with websockets.connect(url, close_timeout=0.1) as socket:
            await socket.send(json.dumps({"controls": {}}))
            socket.transport.abort()

    async def run(urls):
        until = asyncio.Event()
        rest = [asyncio.create_task(slow(url, until)) for url in urls[:10]]
        rest += [asyncio.create_task(dying(url)) for url in urls[10:15]]
        done = await asyncio.gather(*(good(url) for url in urls[15:]))
        until.set()
        await asyncio.gather(*rest, return_exceptions=True)
        return done

    with serving() as server:
        workplace = server.app.state.workplace
        source = workplace.gallery.find("astronaut").opened()
        sessions = [workplace.sessions.add(ApiSession("astronaut", source, SessionOptions())) for _ in range(50)]
        urls = [f"ws://127.0.0.1:{server.port}/api/sessions/{one.id}" for one in sessions]
        assert asyncio.run(run(urls)) == ["good"] * 35
        assert FastPuppet.num_shown < 35 * asked + 10 * 200  # frames that a slow client has no room for are not made
        end = time.monotonic() + 60
        while any(one.is_open for one in sessions):
            assert time.monotonic() < end
            time.sleep(0.02)
    assert threading.active_count() <= num_threads
