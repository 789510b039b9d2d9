"""Settings in, what all requests of one server share out: its folder, its threads and whom it animates."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from starlette.requests import HTTPConnection

from headcast.files import scratch_folder
from headcast.server.settings import ServerSettings

NUM_THREADS: Final = 4


@dataclass(frozen=True)
class Workplace:
    """What the requests of one server share; heavy work goes to `threads`, never into the event loop."""

    settings: ServerSettings
    folder: Path  # the only place where anything of a client is kept; it goes when the server ends
    threads: ThreadPoolExecutor


@contextmanager
def open_workplace(settings: ServerSettings) -> Iterator[Workplace]:
    """Yield a workplace whose folder is empty, and emptied in the end."""
    with (
        scratch_folder(tempfile.gettempdir()) as folder,
        ThreadPoolExecutor(NUM_THREADS, "headcast-server") as threads,
    ):
        yield Workplace(settings, folder, threads)


def workplace_of(connection: HTTPConnection) -> Workplace:
    """The workplace of the server that a request or WebSocket came to."""
    return cast(Workplace, connection.app.state.workplace)
