"""Settings in, what all requests of one server share out: its folder, its threads, uploads, avatars and jobs."""

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar, cast

from starlette.requests import HTTPConnection

from headcast.files import scratch_folder
from headcast.server.gallery import Gallery
from headcast.server.jobs import Jobs
from headcast.server.live_sessions import LiveSessions
from headcast.server.rooms_kept import Rooms
from headcast.server.sessions import Sessions
from headcast.server.settings import ServerSettings
from headcast.server.uploads import Uploads

NUM_THREADS: Final = 4
Result = TypeVar("Result")


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
    run: str = field(default_factory=lambda: secrets.token_hex(8))  # names this start of the server

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do heavy work beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


@contextmanager
def open_workplace(settings: ServerSettings) -> Iterator[Workplace]:
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
        )


def workplace_of(connection: HTTPConnection) -> Workplace:
    """The workplace of the server that a request or WebSocket came to."""
    return cast(Workplace, connection.app.state.workplace)
