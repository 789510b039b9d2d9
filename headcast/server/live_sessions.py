"""A camera's pictures of one client in, pictures of the moving photo out: the newest only, one at a time."""

import asyncio
import io
import secrets
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
from PIL import Image as Pillow

from headcast.errors import MediaError
from headcast.limits import MAX_CAMERA_SIDE, MAX_LIVE_SESSIONS
from headcast.live.pace import Pace
from headcast.live.performance import LiveControls, Performance
from headcast.reenact.options import SessionOptions
from headcast.reenact.source import Source
from headcast.server.frames import JPEG, FrameWriter
from headcast.types import Image

Result = TypeVar("Result")
IDLE_SECONDS: Final = 60.0  # without a picture, after which a session is forgotten
_NUMBER: Final = struct.Struct("<I")


@dataclass
class LiveSession:
    """One client's session: `take` is given pictures, `made` waits for the one that comes of the newest."""

    avatar: str
    source: Source
    options: SessionOptions
    max_side: int
    controls: LiveControls
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    num_frames: int = 0
    num_dropped: int = 0
    last_used: float = field(default_factory=time.monotonic)
    on_close: Callable[[], Any] | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "headcast-live"))
    _performance: Performance | None = None
    _waiting: tuple[Image | bytes, float] | None = None
    _working: "asyncio.Task[None] | None" = None
    _there: asyncio.Event = field(default_factory=asyncio.Event)
    _newest: Image | None = None
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.writer = FrameWriter(JPEG, self.source.marks("talking head, live"))

    def take(self, picture: Image | bytes) -> None:
        """Leave a camera's picture (H, W, 3) or JPEG file; one that waits still is dropped."""
        self.last_used = time.monotonic()
        self.num_dropped += self._waiting is not None
        self._waiting = (picture, self.last_used)
        if self._working is None and not self.is_closed:
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def made(self) -> Image | None:
        """Wait for the next picture; None where no more will come."""
        await self._there.wait()
        self._there.clear()
        return None if self.is_closed else self._newest

    async def show(self, picture: Image | bytes) -> bytes:
        """Return the JPEG message for one picture, at once: for a client that sends no more until it has it."""
        self.last_used = time.monotonic()
        number, content = _split(picture) if isinstance(picture, bytes) else (0, picture)
        made = await self._perform(content, self.last_used)
        return await self._in_thread(lambda: self.writer(made, number))

    async def close(self) -> None:
        """End the session and what hangs on it."""
        if self.is_closed:
            return
        self.is_closed = True
        self._there.set()
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self.on_close is not None:
            await self.on_close()

    def status(self) -> dict[str, object]:
        """How it goes, for the page: the delay that we add, and the pace, apart."""
        pace = Pace() if self._performance is None else self._performance.pace
        return {
            "synthetic": True,
            "frames": self.num_frames,
            "dropped": self.num_dropped,
            "delay_ms": round(pace.delay()),
            "delay_p95_ms": round(pace.delay(0.95)),
            "fps": round(pace.rate, 1),
            "calibrated": self._performance is not None and self._performance.is_calibrated,
        }

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Do heavy work beside the event loop, in the one thread of this session."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _work(self) -> None:
        """Make pictures while some wait."""
        try:
            while self._waiting is not None and not self.is_closed:
                (picture, captured), self._waiting = self._waiting, None
                try:
                    self._newest = await self._perform(picture, captured)
                except ValueError:  # a picture that cannot be read is left out
                    continue
                self._there.set()
        finally:
            self._working = None

    async def _perform(self, picture: Image | bytes, captured: float) -> Image:
        made = await self._in_thread(lambda: self._made_of(picture, captured))
        self.num_frames += 1
        return made

    def _made_of(self, picture: Image | bytes, captured: float) -> Image:
        if self._performance is None:
            self._performance = Performance(self.source, self.options, max_side=self.max_side, controls=self.controls)
        image = read_jpeg(picture) if isinstance(picture, bytes) else picture
        made = self._performance(image, captured)
        height, width = (side - side % 2 for side in made.shape[:2])  # as video has it
        return made[:height, :width]


class LiveSessions:
    """The live sessions of one server."""

    def __init__(self) -> None:
        self._sessions: dict[str, LiveSession] = {}

    async def add(self, session: LiveSession) -> LiveSession:
        """Keep a session; those that nobody uses any more end. MediaError where too many are in use."""
        for other in list(self._sessions.values()):
            if other.is_closed or time.monotonic() - other.last_used > IDLE_SECONDS:
                await self.delete(other.id)
        if len(self._sessions) >= MAX_LIVE_SESSIONS:
            raise MediaError(f"{MAX_LIVE_SESSIONS} live sessions are open already; close some")
        self._sessions[session.id] = session
        return session

    def find(self, name: str) -> LiveSession:
        """The session with an id; MediaError where there is none."""
        if name not in self._sessions:
            raise MediaError("no such live session here; it was closed, or the server was restarted: start it anew")
        return self._sessions[name]

    async def delete(self, name: str) -> None:
        """End a session."""
        session = self.find(name)
        del self._sessions[name]
        await session.close()

    async def close(self) -> None:
        """End all."""
        for name in list(self._sessions):
            await self.delete(name)


def read_jpeg(content: bytes) -> Image:
    """Read a camera's picture; ValueError for anything but a JPEG file of at most MAX_CAMERA_SIDE."""
    try:
        with Pillow.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            if max(picture.size) > MAX_CAMERA_SIDE or min(picture.size) < 16:
                raise ValueError(f"a picture of {picture.width}x{picture.height}, at most {MAX_CAMERA_SIDE} a side")
            return np.asarray(picture.convert("RGB"), np.uint8)
    except (OSError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise ValueError("a picture that is no JPEG file, or a damaged one") from error


def _split(message: bytes) -> tuple[int, bytes]:
    """A client's number and its JPEG file."""
    if len(message) <= _NUMBER.size:
        raise ValueError("a message is a number of 4 bytes and a JPEG file")
    return int(_NUMBER.unpack_from(message)[0]), message[_NUMBER.size :]
