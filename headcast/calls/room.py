"""Two sides of a call meet in a room: a server that hands their lines on and sees no media.

The one who was there first invites, whenever the other comes or comes back; so a broken connection is made anew.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from headcast.calls.call import Call
from headcast.calls.invitation import RoomMessage, read_message
from headcast.calls.peer import CallError, Peer
from headcast.limits import MAX_MESSAGE_BYTES

_SECONDS_TO_CONNECT: Final = 5.0
_CHECK_SECONDS: Final = 0.25
_AGAIN_SECONDS: Final = 0.5  # between two tries


class Room:
    """One side in a room; `run` goes on until the other side hangs up."""

    def __init__(self, call: Call, url: str, say: Callable[[str], None], ice_servers: tuple[str, ...] = ()) -> None:
        self._call, self._url, self._say, self._ice_servers = call, url, say, ice_servers
        self._talking: asyncio.Task[None] | None = None
        self._is_first = False
        self._began = 0.0  # the connection that is, or is being made
        self._num_invitations = 0

    async def run(self) -> None:
        """Stay in the room, also where its server goes and comes back; CallError where it cannot be reached at all."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

        was_there = False
        while not self._call.ended.done():
            try:
                async with connect(self._url, max_size=MAX_MESSAGE_BYTES, open_timeout=10) as socket:
                    was_there = True
                    await self._stay(socket)
            except (InvalidURI, InvalidHandshake) as error:
                raise CallError(f"no room at {self._url} ({error}); give ws://HOST:PORT/api/rooms/NAME") from error
            except (OSError, WebSocketException, asyncio.TimeoutError) as error:
                if not was_there:
                    raise CallError(f"no server at {self._url} ({error}); start one: headcast studio") from error
            await asyncio.sleep(_AGAIN_SECONDS)
        await self._call.ended

    async def _stay(self, socket: Any) -> None:
        watching = asyncio.ensure_future(self._watch(socket))
        reading = asyncio.ensure_future(self._read(socket))
        try:
            await asyncio.wait([watching, reading, self._call.ended], return_when=asyncio.FIRST_COMPLETED)
            for task in (watching, reading):
                if task.done():
                    task.result()
        finally:
            for task in (watching, reading):
                task.cancel()

    async def _read(self, socket: Any) -> None:
        """Do what the room says; what is none of ours is left aside."""
        async for message in socket:
            with contextlib.suppress(ValueError):
                await self._follow(socket, read_message(message))

    async def _follow(self, socket: Any, said: RoomMessage) -> None:
        if said.kind == "full":
            self._call.ended.set_exception(CallError("the room is taken by two others; choose another name"))
        elif said.kind == "second":
            self._is_first = False
        elif said.kind == "peer":
            self._is_first = True
            await self._invite(socket)
        elif said.kind == "again" and self._is_first and time.monotonic() - self._began > _AGAIN_SECONDS:
            await self._invite(socket)
        elif said.kind == "line" and self._is_first:
            # An answer to an invitation that another has taken the place of is of no use.
            if said.number == self._num_invitations and self._call.peer is not None:
                await self._call.peer.accept(said.line)
        elif said.kind == "line":
            line = await self._new_peer().answer(said.line)
            await socket.send(RoomMessage("line", line, said.number).as_text())

    async def _invite(self, socket: Any) -> None:
        self._num_invitations += 1
        line = await self._new_peer().invite()
        await socket.send(RoomMessage("line", line, self._num_invitations).as_text())

    def _new_peer(self) -> Peer:
        peer = self._call.new_peer(ice_servers=self._ice_servers)
        self._began = time.monotonic()
        if self._talking is not None:
            self._talking.cancel()
        self._talking = asyncio.ensure_future(self._call.run(peer))
        return peer

    async def _watch(self, socket: Any) -> None:
        """Have the connection made anew where it broke, fell silent or does not come about."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            peer = self._call.peer
            if peer is None:
                continue
            is_slow = not peer.opened.is_set() and time.monotonic() - self._began > _SECONDS_TO_CONNECT
            is_broken = peer.closed.is_set() or (peer.opened.is_set() and self._call.is_silent())
            if (is_slow or is_broken) and time.monotonic() - self._began > _AGAIN_SECONDS:
                self._began = time.monotonic()
                if self._is_first:
                    await self._invite(socket)
                else:
                    await socket.send(RoomMessage("again").as_text())
