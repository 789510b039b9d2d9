"""An application and where it listens in, a server on this computer's port out, until it is told to end."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from headcast.errors import MediaError
from headcast.limits import MAX_MESSAGE_BYTES
from headcast.server.settings import ServerSettings

HEAD_SECONDS: Final = 10.0  # for a connection to say what it wants
MAX_CONNECTIONS: Final = 400
SECONDS_TO_END: Final = 3  # for what is still under way when the server ends


class _PatientProtocol(H11Protocol):
    """uvicorn's HTTP, which cuts a connection that does not say what it wants, however little by little it goes on."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_due = self.loop.call_later(HEAD_SECONDS, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_due.cancel()
        super().connection_lost(exc)

    def _cut(self) -> None:
        if self.cycle is None and self.transport.get_protocol() is self:  # else a request, or a WebSocket's
            self.transport.close()


class Server:
    """Serves one application; `on_start` is told the address, with the token where one is needed."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, on_start: Callable[[str], None] | None = None) -> None:
        self.app = app
        self._settings, self._on_start = settings, on_start or (lambda url: None)
        self._socket, self._ended = _bound(settings), threading.Event()
        self.port = int(self._socket.getsockname()[1])  # where the settings left it open, too
        config = uvicorn.Config(
            app,
            http=_PatientProtocol,
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_max_queue=4,
            ws_per_message_deflate=False,  # pictures are compressed already
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=SECONDS_TO_END,
            server_header=False,
            log_config=None,
            log_level="error",
            access_log=False,
        )
        self._server = uvicorn.Server(config)

    @property
    def url(self) -> str:
        """The page's address."""
        name = f"[{self._settings.address}]" if ":" in self._settings.address else self._settings.address
        token = f"?token={self._settings.token}" if self._settings.token else ""
        return f"http://{name}:{self.port}/{token}"

    def serve(self) -> None:
        """Serve until `stop`, Ctrl-C or SIGTERM."""
        try:
            asyncio.run(self._serve())
        finally:
            self._ended.set()

    def close(self) -> None:
        """Give the port back, where the server was not started."""
        self._socket.close()

    def stop(self, seconds: float = 0.0) -> None:
        """End serving, from any thread; wait for so many seconds until it has ended."""
        self._server.should_exit = True
        self._ended.wait(seconds)

    async def _serve(self) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        if self._server.started:
            self._on_start(self.url)
        await serving


def _bound(settings: ServerSettings) -> socket.socket:
    """A socket at the address; MediaError where it is taken."""
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((settings.address, settings.port))
        opened.listen(100)
    except (OSError, OverflowError) as error:
        opened.close()
        reason = getattr(error, "strerror", None) or error
        raise MediaError(
            f"cannot serve on {settings.address} port {settings.port} ({reason}); give another --port, or 0"
        ) from error
    return opened
