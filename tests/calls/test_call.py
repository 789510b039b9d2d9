"""Two sides of a call in one process, over real connections on this computer; faces and sound are told, not filmed."""

import asyncio
import contextlib
import json
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("aiortc", reason="calls need headcast[studio]")

from headcast.calls.call import Call
from headcast.calls.look import Look, LookNote
from headcast.calls.peer import CallError, Peer
from headcast.calls.room import Room
from headcast.calls.shown import ShownFace
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.measures import eye_distance
from headcast.live.performance import LiveControls
from headcast.provenance.marks import fingerprint

STEP = 0.04


class Mirror:
    """A performance that keeps the landmarks it is told, with their moments."""

    def __init__(self, source, options, *, max_side, controls, tracker) -> None:
        self.tracker, self.seen = tracker, source.seen
        self.is_calibrated = True

    def __call__(self, image, captured):
        landmarks = self.tracker.track(image)
        if landmarks is not None:
            self.seen.append((time.monotonic(), landmarks))
        return np.zeros((8, 8, 3), np.uint8)


class Side:
    """One side with all that hangs on it."""

    def __init__(self, name: str, folder: Path) -> None:
        file = folder / f"{name}.jpg"
        file.write_bytes(name.encode() * 30_000)  # more than a piece
        note = LookNote("photo", file.stat().st_size, fingerprint(file), "0" * 64, f"{name} agreed")
        own = folder / name
        own.mkdir()
        self.said: list[str] = []
        self.played: list[np.ndarray] = []
        speaker = SimpleNamespace(play=self.played.append)
        self.shown = ShownFace([], speaker, LiveControls(), max_side=64)
        self.call = Call(Look(note, file), self.shown, own, self.said.append)
        self.seen: list[tuple[float, np.ndarray]] = []
        self.folder = own


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Looks are junk here, and whoever opens one sees what is told."""
    monkeypatch.setattr("headcast.calls.shown.Performance", Mirror)
    seen: list = []
    monkeypatch.setattr(
        "headcast.calls.look.LookReceiver.opened", lambda self: SimpleNamespace(seen=seen, path=self.path)
    )
    return seen


@pytest.fixture(scope="module")
def faces():
    return list(builtin_motion("talk", seconds=8, rate=25, seed=2).landmarks)


async def feed(side: Side, faces, seconds: float) -> list[tuple[float, np.ndarray]]:
    """See a face every 40 ms, and hear a tone; return what was seen when."""
    told, began = [], time.monotonic()
    tone = np.asarray(9000 * np.sin(np.arange(1920) * 0.06), np.int16)
    for number in range(int(seconds / STEP)):
        await asyncio.sleep(max(0.0, began + number * STEP - time.monotonic()))
        captured = time.monotonic()
        told.append((captured, faces[number % len(faces)]))
        side.call.see(told[-1][1], captured, (512, 512))
        side.call.take_samples(tone)
    return told


@contextlib.asynccontextmanager
async def connected(folder: Path, loss: float = 0.0):
    """Two sides that met by lines."""
    one, two = Side("ann", folder), Side("ben", folder)
    peer, other = one.call.new_peer(loss=loss), two.call.new_peer(loss=loss)
    await peer.accept(await other.answer(await peer.invite()))
    talking = [asyncio.ensure_future(side.call.run(side.call.peer)) for side in (one, two)]
    try:
        await asyncio.wait_for(asyncio.gather(peer.opened.wait(), other.opened.wait()), 20)
        yield one, two
    finally:
        for side in (one, two):
            await side.call.close()
            await asyncio.to_thread(side.shown.close)
        for task in talking:
            task.cancel()
        await asyncio.sleep(0.1)


def errors(told, seen) -> list[float]:
    """How far each shown face is from the nearest in time that was told a moment before, in percent of the eyes."""
    found = []
    for moment, face in seen:
        near = [real for captured, real in told if 0.0 < moment - captured < 0.6]
        if near:
            best = min(float(np.linalg.norm((real - face)[:, :2], axis=1).mean()) for real in near)
            found.append(best / eye_distance(face[:, :2]) * 100)
    return found


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_a_face_and_its_sound_arrive_also_through_a_line_that_loses(loss, faces, cheap, tmp_path):
    async def meet() -> None:
        async with connected(tmp_path, loss) as (one, two):
            told = await feed(one, faces, 1.0)  # while the look is sent
            before = one.call.peer.wire_bytes()
            told += await feed(one, faces[25:], 2.0)
            assert 8 * (one.call.peer.wire_bytes() - before) / 2.0 < 80_000  # with sound, and the line's own headers
        assert "the other side comes as photo of 87 kB; consent: ann agreed" in two.said
        counts = two.shown.receiver.counts
        assert counts.refused == 0 and counts.shown > 40 * (1 - loss)
        steps = [float(np.linalg.norm((b - a)[:, :2], axis=1).mean()) for (_, a), (_, b) in pairwise(cheap)]
        assert len(cheap) > 20 and np.mean(errors(told, cheap)) < 1.5
        assert max(steps) < 0.1 * eye_distance(faces[0][:, :2])
        heard = np.concatenate(two.played)
        assert np.abs(heard).max() > 4000
        assert not list(two.folder.iterdir()), "what was received is gone"

    asyncio.run(meet())


def test_a_line_that_is_dead_for_a_while_goes_on_by_itself(faces, cheap, tmp_path):
    async def meet() -> float:
        async with connected(tmp_path) as (one, _):
            await feed(one, faces, 1.2)
            one.call.peer._loss = 1.0
            await feed(one, faces, 1.2)
            one.call.peer._loss = 0.0
            again = time.monotonic()
            told = await feed(one, faces, 1.2)
            late = [
                moment
                for moment, face in cheap
                if moment > again
                and min((np.abs(face - real).mean() for captured, real in told if captured < moment), default=9.0) < 0.5
            ]
            return late[0] - again

    print(f"seen again after {asyncio.run(meet()):.2f} s")


def test_in_a_room_a_broken_connection_is_made_anew(faces, cheap, tmp_path, serving):
    async def meet(url: str) -> float:
        sides = [Side("ann", tmp_path), Side("ben", tmp_path)]
        rooms = [asyncio.ensure_future(Room(side.call, url, side.said.append).run()) for side in sides]
        feeding = asyncio.ensure_future(feed(sides[0], faces, 20.0))
        back = asyncio.ensure_future(feed(sides[1], faces, 20.0))
        try:
            while sides[1].shown.receiver.counts.shown < 10:
                await asyncio.sleep(0.05)
            broken = time.monotonic()
            first = sides[1].call.peer
            await sides[0].call.peer._connection.close()
            while sides[1].call.peer is first or sides[1].shown.receiver.counts.shown < 3:
                await asyncio.sleep(0.02)
                assert time.monotonic() - broken < 20
            return time.monotonic() - broken
        finally:
            for task in (feeding, back, *rooms):
                task.cancel()
            for side in sides:
                await side.call.close()
                await asyncio.to_thread(side.shown.close)
            await asyncio.sleep(0.1)

    with serving() as server:
        passed = asyncio.run(meet(server.url.replace("http", "ws") + "api/rooms/test"))
    print(f"connected again after {passed:.2f} s")


def test_hanging_up_ends_the_other_side_too(tmp_path):
    async def meet() -> None:
        async with connected(tmp_path) as (one, two):
            await one.call.close()
            await asyncio.wait_for(two.call.ended, 5)

    asyncio.run(meet())


@pytest.mark.parametrize(
    "message",
    ["hello", "[]", json.dumps({"kind": "hello", "version": 2, "look": {}}),
     json.dumps({"kind": "hello", "version": "2"}),
     json.dumps({"kind": "format c:"}), b"\x00piece", b"", b"\x07x", "x" * 70_000],
)  # fmt: skip
def test_messages_that_are_none_end_nothing_unless_there_are_many(message, tmp_path):
    async def meet() -> None:
        side = Side("ann", tmp_path)
        peer = side.call.new_peer()
        for _ in range(20):
            side.call._take_message(peer, message)
        assert not side.call.ended.done()
        side.call._take_message(peer, message)
        assert side.call.ended.done()
        with pytest.raises(CallError, match="does not keep to the rules"):
            await side.call.ended
        await side.call.close()

    asyncio.run(meet())


@pytest.mark.parametrize("kind", ["video", "audio", "two parts"])
def test_a_description_of_something_else_is_refused(kind, tmp_path):
    from headcast.calls.invitation import write_line

    body = {"two parts": "m=application 9 x\r\n" * 2}.get(kind, f"m={kind} 9 x\r\n")

    async def answer() -> None:
        peer = Peer(lambda _: None, lambda _: None)
        with pytest.raises(ValueError, match="this line is of no call"):
            await peer.answer(write_line("offer", "v=0\r\n" + body))
        await peer.close()

    asyncio.run(answer())


@pytest.mark.parametrize(("version", "older"), [(1, "the other side"), (9, "this side")])
def test_a_side_of_another_version_is_told_who_is_older(version, older, tmp_path):
    async def meet() -> None:
        side = Side("ann", tmp_path)
        peer = side.call.new_peer()
        side.call._take_message(peer, json.dumps({"kind": "hello", "version": version, "look": {}}))
        with pytest.raises(CallError, match=f"speaks version {version} of calls, this one 2; {older} needs a newer"):
            await side.call.ended
        await side.call.close()

    asyncio.run(meet())


def test_nothing_goes_on_after_a_call(tmp_path):
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name in ("headcast_render", "headcast_play", "headcast-track")}
