"""A server whose frames two workers of a Ray cluster make; one is killed while clients are there."""

import asyncio
import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
pytest.importorskip("ray.serve", reason="workers on many machines need headcast[cluster]: Ray cannot be installed here")
import websockets

from headcast.errors import DataError, MediaError
from headcast.geometry.builtin import builtin_motion
from headcast.reenact.options import SessionOptions
from headcast.server.ray_serve import Answer, FrameWorkers, frame_workers
from headcast.server.sessions import ApiSession

FACES = [face.astype("<f4").tobytes() for face in builtin_motion("nod", seconds=1).landmarks[::8]]
TOKEN = "a-long-enough-secret"
FIRST_SECONDS, SECONDS = 240, 120  # how long to wait, where the machine is busy


@pytest.fixture(scope="module")
def url():
    """A server with two workers, as the command line starts it."""
    words = ["serve", "--ray", "local", "--workers", "2", "--port", "0", "--token", TOKEN]
    with subprocess.Popen([sys.executable, "-m", "headcast", *words], stderr=subprocess.PIPE, text=True) as process:
        try:
            ready, _, _ = select.select([process.stderr], [], [], FIRST_SECONDS)
            line = process.stderr.readline() if ready else "no word"
            assert line.startswith("open http"), line
            yield line.split()[1].partition("/?")[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def ask(url, path, body=None, token=TOKEN):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


class Client:
    """One client's line; `frame` sends a driver's face and returns the person's pixels."""

    def __init__(self, url, stack):
        self._url, self._stack = url, stack
        self.session = ask(url, "/api/sessions", {"avatar": "hopper", "format": "rgba"})

    async def connect(self):
        line = connected(self._url, self.session["path"], {"Authorization": f"Bearer {TOKEN}"})
        self._socket = await self._stack.enter_async_context(line)
        await self._socket.recv()
        return self

    async def frame(self, message):
        await self._socket.send(message)
        answer = await asyncio.wait_for(self._socket.recv(), SECONDS)
        assert isinstance(answer, bytes), answer
        width, height = struct.unpack("<HH", answer[8:12])
        return np.frombuffer(answer[16:], np.uint8).reshape(height, width, 4).astype(int)

    def worker(self):
        return ask(self._url, self.session["path"])["worker"]


def connected(url, path, headers):
    return websockets.connect(url.replace("http", "ws", 1) + path, additional_headers=headers, max_size=None)


async def of_two_workers(url, stack):
    """Clients until each worker has two, by worker: which session is whose the ids decide."""
    clients = {}
    while len(clients) < 2 or min(map(len, clients.values())) < 2:
        client = await Client(url, stack).connect()
        await client.frame(FACES[0])
        worker = client.worker()
        await client.frame(FACES[1])
        assert client.worker() == worker  # a session stays where it is
        clients.setdefault(worker, []).append(client)
        assert len(clients) <= 2 and sum(map(len, clients.values())) < 30
    return clients


def test_a_worker_is_killed_and_its_sessions_go_on_with_the_next_message(url):
    async def run():
        async with contextlib.AsyncExitStack() as stack:
            await kill_one(url, stack)

    asyncio.run(run())


async def kill_one(url, stack):
    clients = await of_two_workers(url, stack)
    (dead, hurt), (alive, others) = clients.items()
    before = [await client.frame(FACES[2]) for client in (*others, *hurt)]
    assert np.abs(before[-1] - await hurt[-1].frame(FACES[1])).max() > 20  # faces differ
    os.kill(int(dead.partition(":")[2]), signal.SIGKILL)
    # All at once, over the lines that they have: nobody's is cut, and each face is measured from the same first.
    after = await asyncio.gather(*(client.frame(FACES[2]) for client in (*others, *hurt)))
    assert max(np.abs(one - other).max() for one, other in zip(before, after, strict=True)) <= 2
    assert {client.worker() for client in others} == {alive}
    assert dead not in {client.worker() for client in hurt}
    with pytest.raises(AssertionError, match="5736"):
        await others[0].frame(b"no face")
    assert np.abs(await others[0].frame(FACES[2]) - before[0]).max() <= 2


def test_the_gate_is_before_the_workers(url):
    async def enter(path, headers):
        async with connected(url, path, headers):
            pass

    path = Client(url, None).session["path"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(url, path, token="another-secret-text")
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}):
        with pytest.raises(websockets.InvalidStatus):
            asyncio.run(enter(path, headers))


def test_a_client_of_ray_is_refused_at_once():
    with (
        pytest.raises(DataError, match=r"takes auto, local or HOST:PORT, .* not ray://127.0.0.1:1"),
        frame_workers("ray://127.0.0.1:1"),
    ):
        pass


def test_no_worker_at_all_is_one_line(monkeypatch):
    ray = pytest.importorskip("ray")

    class Dead:
        def options(self, **_):
            return self

        @property
        def frame(self):
            return self

        async def remote(self, *_):
            raise ray.exceptions.RayActorError

    monkeypatch.setattr("headcast.server.ray_serve.SECONDS_TO_RECOVER", 0.1)
    monkeypatch.setattr("headcast.server.ray_serve.PAUSE", 0.01)
    session = ApiSession("hopper", None, SessionOptions())
    with pytest.raises(MediaError, match="no worker of the Ray cluster answers"):
        asyncio.run(FrameWorkers(ray, Dead())(session, "{}"))
    assert Answer("here").frame is None
