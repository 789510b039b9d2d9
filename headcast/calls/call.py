"""One side of a call: own face and sound in, packets to the other side out, and back, over one connection or several.

What must arrive (the look, the reference face) goes by messages, what may be lost (motion with the sound of its time)
by packets. Messages are JSON tables, or bytes that begin with what they hold.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from headcast import strict
from headcast.calls.look import Look, LookReceiver, read_note
from headcast.calls.peer import CallError, Peer
from headcast.calls.shown import SILENT_MILLISECONDS, ShownFace
from headcast.calls.sound import Samples, SoundEncoder
from headcast.errors import HeadcastError
from headcast.reenact.source import Source
from headcast.strict import parse_table, text, whole
from headcast.telepresence.bundles import FramePairs
from headcast.telepresence.packets import MAX_SOUND_FRAMES
from headcast.telepresence.sender import MotionSender
from headcast.types import Landmarks

VERSION: Final = 2
_PIECE, _FACE = b"\x00", b"\x01"
_HEARD_SECONDS: Final = 0.16  # after which a packet takes along what was heard
_ALONE_SECONDS: Final = 0.24  # after which it goes alone, where no packet takes it along
_SOUND_SECONDS: Final = 0.1  # after which sound does, where the camera is slow
_BEAT_SECONDS: Final = 0.05
_MOST_SOUND: Final = 2 * MAX_SOUND_FRAMES
_SECONDS_TO_END: Final = 2.0
_MOST_FAULTS: Final = 20  # messages that are none of ours, until the call ends


class Call:
    """One side. `say` is told, in a line, what happens. All methods but `take_samples` and `see` belong to the loop."""

    def __init__(
        self, look: Look, shown: ShownFace, folder: Path, say: Callable[[str], None], *, can_hear: bool = True
    ) -> None:
        self._look, self._shown, self._folder, self._say = look, shown, folder, say
        self._loop = asyncio.get_running_loop()
        self._start, self._last_milliseconds, self._last_sent = time.monotonic(), 0, 0.0
        self._last_heard = 0.0  # when the other side was told what was heard
        self._sender: MotionSender | None = None
        self._pairs: FramePairs | None = None
        self._size = (0, 0)
        self._face_sent: bytes | None = None
        self._encoder = SoundEncoder() if can_hear else None
        self._sound: list[bytes] = []
        self._sound_number = 0
        self._receiving: LookReceiver | None = None
        self._have: str | None = None  # the look that is shown
        self._tasks: set[asyncio.Task[None]] = set()
        self._num_faults = 0
        self.peer: Peer | None = None
        self.ended: asyncio.Future[None] = self._loop.create_future()
        """Done when the other side hung up, with an error where it broke the rules."""

    def new_peer(self, *, ice_servers: tuple[str, ...] = (), loss: float = 0.0) -> Peer:
        """Return a connection of this call; the one before it ends."""
        if self.peer is not None:
            self._begin(self.peer.close())
        peer = Peer(
            lambda content: self._take_packet(peer, content),
            lambda content: self._take_message(peer, content),
            ice_servers=ice_servers,
            loss=loss,
        )
        self.peer = peer
        self._start_anew()
        return peer

    async def run(self, peer: Peer) -> None:
        """Talk over a connection that is being made, until it breaks or the other side hangs up."""
        opened, closed = (asyncio.ensure_future(event.wait()) for event in (peer.opened, peer.closed))
        ended = asyncio.ensure_future(self._until_ended())
        await asyncio.wait([opened, closed, ended], return_when=asyncio.FIRST_COMPLETED)
        if peer.opened.is_set() and not peer.closed.is_set():
            self._shown.last_packet = time.monotonic()
            hello = {"kind": "hello", "version": VERSION, "look": self._look.note.as_table()}
            peer.send_message(json.dumps(hello))
            beating = asyncio.ensure_future(self._beat(peer))
            await asyncio.wait([closed, ended], return_when=asyncio.FIRST_COMPLETED)
            beating.cancel()
        for wait in (opened, closed, ended):
            wait.cancel()

    async def _until_ended(self) -> None:
        await asyncio.wait([self.ended])

    def is_silent(self) -> bool:
        """Whether nothing came for so long that the connection is held for broken."""
        return 1000 * (time.monotonic() - self._shown.last_packet) > SILENT_MILLISECONDS

    def see(self, landmarks: Landmarks | None, captured: float, size: tuple[int, int]) -> None:
        """Take in what the own camera shows, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._send, landmarks, captured, size)

    def take_samples(self, samples: Samples) -> None:
        """Take in own sound, from any thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._hear, samples)

    async def close(self) -> None:
        """Hang up."""
        if self.peer is not None:
            self.peer.send_message(json.dumps({"kind": "bye"}))
            await asyncio.sleep(0.05)
            await self.peer.close()
        if self._tasks:  # connections that are being closed, above all
            _, unfinished = await asyncio.wait(set(self._tasks), timeout=_SECONDS_TO_END)
            for task in unfinished:
                task.cancel()
        if self._receiving is not None:
            self._receiving.close()

    def _send(self, landmarks: Landmarks | None, captured: float, size: tuple[int, int]) -> None:
        peer = self.peer
        if peer is None or not peer.opened.is_set() or peer.closed.is_set():
            return
        if self._sender is None or self._pairs is None:
            self._sender, self._size = MotionSender(size), size
            self._pairs = FramePairs(self._sender)
        if landmarks is not None and self._size != size:
            self._sender.start_anew(size)
            self._size = size
        milliseconds = max(round(1000 * (captured - self._start)) + 1, self._last_milliseconds + 1)
        self._last_milliseconds, now = milliseconds, time.monotonic()
        sound = self._sound[:MAX_SOUND_FRAMES]
        hear = self._shown.heard if now - self._last_heard > _HEARD_SECONDS else None
        content = self._pairs.encode(landmarks, milliseconds, sound, self._sound_number, hear)
        if content is None:
            return
        del self._sound[: len(sound)]
        self._sound_number += len(sound)
        self._last_sent, self._last_heard = now, self._last_heard if hear is None else now
        self._send_face(peer)
        peer.send_packet(content)

    def _start_anew(self) -> None:
        """Forget what belonged to the connection before."""
        self._sender, self._pairs, self._face_sent = None, None, None
        self._shown.start_anew()
        if self._receiving is not None:
            self._receiving.close()
            self._receiving = None

    def _send_face(self, peer: Peer, *, again: bool = False) -> None:
        face = None if self._sender is None else self._sender.face
        if face is not None and (again or face != self._face_sent):
            peer.send_message(_FACE + face)
            self._face_sent = face

    def _hear(self, samples: Samples) -> None:
        if self._encoder is None:
            return
        self._sound.extend(self._encoder.encode(samples))
        if len(self._sound) > _MOST_SOUND:  # nobody took it: what is old is dropped, and counted for the other side
            self._sound_number += len(self._sound) - _MOST_SOUND
            del self._sound[:-_MOST_SOUND]

    async def _beat(self, peer: Peer) -> None:
        """Send the sound, and what was heard, that no picture takes along."""
        while not peer.closed.is_set():
            now = time.monotonic()
            if self._sound and now - self._last_sent > _SOUND_SECONDS:
                self._send(None, now, (1, 1))
            if now - self._last_heard > _ALONE_SECONDS:
                peer.send_packet(self._shown.heard())
                self._last_heard = now
            await asyncio.sleep(_BEAT_SECONDS)

    def _take_packet(self, peer: Peer, content: bytes) -> None:
        if peer is not self.peer:
            return
        heard = self._shown.take(content)
        if heard is not None and self._sender is not None and self._sender.heard(heard):
            self._send_face(peer, again=True)

    def _take_message(self, peer: Peer, content: str | bytes) -> None:
        if peer is not self.peer or self.ended.done():
            return
        try:
            if isinstance(content, str):
                self._take_table(peer, content)
            elif content[:1] == _FACE:
                self._shown.take(content[1:])
            elif content[:1] == _PIECE and self._receiving is not None:
                self._take_piece(self._receiving, content[1:])
            else:
                raise ValueError("bytes that were not asked for")
        except ValueError as error:
            self._num_faults += 1
            if self._num_faults > _MOST_FAULTS or self._receiving is not None:
                self._end(CallError(f"the other side does not keep to the rules of a call: {error}"))

    def _take_table(self, peer: Peer, content: str) -> None:
        table = parse_table(content)
        kind = text(table.get("kind"), "kind", 20)
        if kind == "hello":
            self._meet(peer, table)
        elif kind == "want":
            self._begin(self._send_look(peer))
        elif kind == "bye":
            self._end(None)
        else:
            raise ValueError(f"a message of unknown kind {kind!r:.30}")

    def _meet(self, peer: Peer, table: dict[str, Any]) -> None:
        version = whole(table.get("version"), 0, 1 << 16, "version")
        if version != VERSION:
            older = "this side" if version > VERSION else "the other side"
            said = f"the other side speaks version {version} of calls, this one {VERSION}"
            return self._end(CallError(f"{said}; {older} needs a newer Headcast"))
        note = read_note(strict.table(table.get("look"), "look"))
        if note.sha256 == self._have or self._receiving is not None:
            return
        self._receiving = LookReceiver(note, self._folder)
        about = f"; consent: {note.consent}" if note.consent else "; without a note on consent"
        self._say(f"the other side comes as {note.kind} of {max(1, note.num_bytes >> 10)} kB{about}")
        peer.send_message(json.dumps({"kind": "want"}))

    async def _send_look(self, peer: Peer) -> None:
        for piece in self._look.pieces():
            await peer.has_room()
            if peer.closed.is_set():
                return
            peer.send_message(_PIECE + piece)

    def _take_piece(self, receiving: LookReceiver, piece: bytes) -> None:
        if receiving.add(piece):
            self._receiving = None
            self._begin(self._open(receiving))

    async def _open(self, received: LookReceiver) -> None:
        try:
            source: Source = await asyncio.to_thread(received.opened)
        except HeadcastError as error:
            return self._end(CallError(f"the other side's look cannot be shown: {error}"))
        finally:
            received.close()
        self._have = received.note.sha256
        await asyncio.to_thread(self._shown.show, source)
        self._say("connected; the other side is shown, marked as synthetic")

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            if error is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(error)
