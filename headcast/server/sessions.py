"""What a face shall do in, frames of one person doing so out: a client's session, newest value first.

A session makes one frame at a time and takes the newest message when it is done, so a slow client or a slow machine
skips frames and never falls behind. Sessions share the compiled network and take turns on the server's threads.
"""

import asyncio
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.errors import MediaError
from headcast.geometry.arkit import parse_arkit
from headcast.geometry.face_controls import parse_controls
from headcast.limits import MAX_PLACE, MAX_SESSIONS
from headcast.reenact.options import SessionOptions
from headcast.reenact.puppet import Puppet
from headcast.reenact.source import Source
from headcast.server.frames import JPEG, FrameWriter
from headcast.strict import check_landmarks, finite, parse_table, whole
from headcast.types import NUM_LANDMARKS, Landmarks

MAX_SEQUENCE: Final = 2**32 - 1
LANDMARK_BYTES: Final = NUM_LANDMARKS * 3 * 4
_KINDS: Final = ("controls", "arkit", "landmarks")
_KEYS: Final = {*_KINDS, "seq", "head", "anew"}


@dataclass
class ApiSession:
    """One client's session; the puppet is made when the first frame is asked for and stays a while for reconnects.

    What another puppet, here or on another machine, needs to go on in its place is all but the last three.
    """

    avatar: str
    source: Source
    options: SessionOptions
    format: str = JPEG
    max_side: int = 1024
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    measured_from: str | bytes | None = None  # the message whose landmarks all others are measured from
    is_open: bool = False
    worker: str | None = None  # of a Ray cluster, that made the last frame
    _puppet: Puppet | None = None
    _writer: FrameWriter | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def frame(self, message: str | bytes) -> bytes:
        """Return the frame for a client's message; ValueError for what is none."""
        with self._lock:
            if self._puppet is None or self._writer is None:
                self._puppet = Puppet(self.source, self.options)
                self._writer = FrameWriter(self.format, self.source.marks("talking head, live"))
                if self.measured_from is not None:
                    _read(self.measured_from, self._puppet)
            number, landmarks, is_measure = _read(message, self._puppet)
            if is_measure:
                self.measured_from = message
            if self.format == JPEG:
                return self._writer(_at_most(self._puppet.show(landmarks), self.max_side), number)
            return self._writer(_at_most(self._puppet.cut_out(landmarks), self.max_side), number)

    def release(self) -> None:
        """Give the puppet's memory back where nobody is connected; the next message makes it anew."""
        if not self.is_open:
            self._puppet = self._writer = None


class Sessions:
    """The sessions of one server, by their ids."""

    def __init__(self) -> None:
        self._sessions: dict[str, ApiSession] = {}

    def add(self, session: ApiSession) -> ApiSession:
        """Keep a session; the oldest ones that nobody is connected to make room. MediaError where all are in use."""
        while len(self._sessions) >= MAX_SESSIONS:
            unused = next((name for name, other in self._sessions.items() if not other.is_open), None)
            if unused is None:
                raise MediaError(f"{MAX_SESSIONS} sessions are open already; close some")
            del self._sessions[unused]
        self._sessions[session.id] = session
        return session

    def find(self, name: str) -> ApiSession:
        """The session with an id; MediaError where there is none."""
        session = self._sessions.get(name)
        if session is None:
            raise MediaError("no such session here; it was closed, or the server was restarted: open a new one")
        return session

    def delete(self, name: str) -> None:
        """Forget a session."""
        self.find(name)
        del self._sessions[name]


class Newest:
    """A place for one message: a newer one takes the place of the one that waits."""

    def __init__(self) -> None:
        self._message: str | bytes | None = None
        self._is_closed = False
        self._is_there = asyncio.Event()
        self.num_skipped = 0

    def put(self, message: str | bytes) -> None:
        """Leave a message."""
        self.num_skipped += self._message is not None
        self._message = message
        self._is_there.set()

    def close(self) -> None:
        """Say that no more will come."""
        self._is_closed = True
        self._is_there.set()

    async def take(self) -> str | bytes | None:
        """Wait for a message; None where no more will come."""
        await self._is_there.wait()
        if self._is_closed:
            return None
        message, self._message = self._message, None
        self._is_there.clear()
        return message


def _read(message: str | bytes, puppet: Puppet) -> tuple[int, Landmarks, bool]:
    """The sequence number, the person's landmarks, and whether all further ones are measured from these."""
    if isinstance(message, bytes):
        number, driving, anew = 0, _from_bytes(message), False
    else:
        given = _parsed(message)
        number = whole(given.get("seq", 0), 0, MAX_SEQUENCE, "seq")
        if "controls" in given:
            return number, puppet.pose(parse_controls(given["controls"])), False
        if "arkit" in given:
            return number, puppet.pose(parse_arkit(given["arkit"], given.get("head"))), False
        driving, anew = _from_lists(given["landmarks"]), given.get("anew") is True
    check_landmarks(driving)
    is_measure = anew or not puppet.is_measured
    return number, puppet.follow(driving, anew=anew), is_measure


def _parsed(message: str) -> dict[str, Any]:
    """A message's table, which has one kind of motion."""
    try:
        given = parse_table(message)
    except ValueError as error:
        raise ValueError(f"the message is no JSON table: {error}") from error
    if unknown := set(given) - _KEYS:
        raise ValueError(f"the message has {min(unknown)!r:.40}, expected some of {', '.join(sorted(_KEYS))}")
    if len([kind for kind in _KINDS if kind in given]) != 1:
        raise ValueError(f"the message must have one of {', '.join(_KINDS)}")
    return given


def _from_bytes(message: bytes) -> Landmarks:
    if len(message) != LANDMARK_BYTES:
        raise ValueError(f"a binary message is {NUM_LANDMARKS} landmarks, {LANDMARK_BYTES} bytes, not {len(message)}")
    return np.frombuffer(message, "<f4").reshape(NUM_LANDMARKS, 3).astype(np.float32)


def _from_lists(value: Any) -> Landmarks:
    if not isinstance(value, list) or len(value) != NUM_LANDMARKS:
        raise ValueError(f"landmarks must be {NUM_LANDMARKS} times [x, y, z]")
    if any(not isinstance(point, list) or len(point) != 3 for point in value):
        raise ValueError("each landmark must be [x, y, z]")
    flat = [finite(number, -MAX_PLACE, MAX_PLACE, "a landmark") for point in value for number in point]
    return np.array(flat, np.float32).reshape(NUM_LANDMARKS, 3)


def _at_most(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    longer = max(picture.shape[:2])
    if longer <= side:
        return picture
    size = [max(1, round(length * side / longer)) for length in (picture.shape[1], picture.shape[0])]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
