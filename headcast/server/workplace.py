"""Settings in, what all requests of one server share out: its folder, its threads, uploads, avatars and jobs."""

import asyncio
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, cast

from starlette.requests import HTTPConnection

from headcast.files import scratch_folder
from headcast.server.gallery import Gallery
from headcast.server.jobs import Jobs
from headcast.server.live_sessions import LiveSessions
from headcast.server.rooms_kept import Rooms
from headcast.server.sessions import ApiSession, Sessions
from headcast.server.settings import ServerSettings
from headcast.server.uploads import Uploads

NUM_THREADS: Final = 4
Result = TypeVar("Result")
FrameMaker = Callable[[ApiSession, str | bytes], Awaitable[bytes]]
"""Makes the frame of a session for a client's message; ValueError for what is none."""


@dataclass(frozen=True)
class Workplace:
    """What the requests of one server share; heavy work goes to `threads`, never into the event loop."""

    settings: ServerSettings
    folder: Path  # the only place where anything of a client is kept; it goes when the server ends
    threads: ThreadPoolExecutor
    uploads: Uploads
    gallery: Gallery
    jobs: Jobs
    sessions: Sessions
    live: LiveSessions
    rooms: Rooms
    frame_maker: FrameMaker | None = None  # where others than this process make the sessions' frames
    run: str = field(default_factory=lambda: secrets.token_hex(8))  # names this start of the server

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do heavy work beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    async def frame(self, session: ApiSession, message: str | bytes) -> bytes:
        """The frame of a session for a client's message; ValueError for what is none."""
        if self.frame_maker is None:
            return await self.in_thread(partial(session.frame, message))
        return await self.frame_maker(session, message)


@contextmanager
def open_workplace(settings: ServerSettings, frame_maker: FrameMaker | None = None) -> Iterator[Workplace]:
    """Yield a workplace whose folder is empty, and emptied in the end."""
    with (
        scratch_folder(tempfile.gettempdir()) as folder,
        ThreadPoolExecutor(NUM_THREADS, "headcast-server") as threads,
        Jobs(folder / "jobs") as jobs,
    ):
        yield Workplace(
            settings,
            folder,
            threads,
            Uploads(folder / "uploads"),
            Gallery(),
            jobs,
            Sessions(),
            LiveSessions(),
            Rooms(),
            frame_maker,
        )


def workplace_of(connection: HTTPConnection) -> Workplace:
    """The workplace of the server that a request or WebSocket came to."""
    return cast(Workplace, connection.app.state.workplace)
