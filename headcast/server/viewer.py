"""Pictures of `headcast live` in, a page on this computer that shows them and changes what may be changed, out."""

import asyncio
import threading
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from headcast.errors import MediaError
from headcast.live.performance import LiveControls
from headcast.provenance.marks import Marks
from headcast.server.app import answer_errors
from headcast.server.frames import JPEG, FrameWriter
from headcast.server.gate import Gate
from headcast.server.models import Asked
from headcast.server.pages import page
from headcast.server.run import Server
from headcast.server.settings import ServerSettings
from headcast.types import Image

_BOUNDARY: Final = "headcast-frame"
_HEAD_BYTES: Final = 16  # of a frame for the API, which a browser's picture does not have
_SECONDS_TO_START: Final = 20.0


class ControlsAsked(Asked):
    """What to change; what is not named stays."""

    mirror: bool | None = None
    freeze: bool | None = None
    hud: bool | None = None
    calibrate: bool | None = None


class Viewer:
    """A sink: a server in a thread of its own, whose page shows the newest picture. `is_over` after End was pressed."""

    def __init__(self, controls: LiveControls, marks: Marks, settings: ServerSettings) -> None:
        self._controls, self._writer = controls, FrameWriter(JPEG, marks)
        self._picture: bytes | None = None
        self._number = 0
        self._watchers: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_over = False
        started = threading.Event()
        self._server = Server(self._app(settings), settings, lambda _: started.set())
        self._thread = threading.Thread(target=self._serve, args=(started,), name="headcast-viewer", daemon=True)
        self._thread.start()
        if not started.wait(_SECONDS_TO_START) or not self._thread.is_alive():
            raise MediaError(f"the page at {self._server.url} does not start; give another --port")

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._server.url

    def show(self, picture: Image) -> None:
        """Show a picture to whoever has the page open."""
        self._number = (self._number + 1) % 2**32
        if self._watchers and self._loop is not None:
            self._picture = self._writer(picture, self._number)[_HEAD_BYTES:]
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """End the server."""
        self.is_over = True
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._wake)
        self._server.stop()
        self._thread.join(timeout=5)

    def _serve(self, started: threading.Event) -> None:
        try:
            self._server.serve()
        finally:
            started.set()

    def _wake(self) -> None:
        for event in self._watchers:
            event.set()

    def _app(self, settings: ServerSettings) -> FastAPI:
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.add_api_route("/", lambda: page("viewer.html"))
        app.add_api_route("/static/{name}", lambda name: page(name))
        app.add_api_route("/picture", self._stream)
        app.add_api_route("/controls", self._change, methods=["POST"], status_code=HTTPStatus.NO_CONTENT)
        app.add_api_route("/end", self._end, methods=["POST"], status_code=HTTPStatus.NO_CONTENT)
        answer_errors(app)
        app.add_middleware(Gate, settings=settings)
        return app

    async def _stream(self, request: Request) -> Response:
        self._loop = asyncio.get_running_loop()
        return StreamingResponse(self._parts(), media_type=f"multipart/x-mixed-replace; boundary={_BOUNDARY}")

    async def _parts(self) -> AsyncIterator[bytes]:
        """Yield the newest picture, again and again, to one watcher; what it has no time for is left out."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            while not self.is_over:
                await event.wait()
                event.clear()
                if self._picture is not None:
                    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self._picture)}\r\n\r\n"
                    yield head.encode() + self._picture + b"\r\n"
        finally:
            self._watchers.discard(event)

    async def _change(self, asked: ControlsAsked) -> None:
        for name, value in asked.model_dump(exclude_none=True).items():
            setattr(self._controls, name, value)

    async def _end(self) -> None:
        self.is_over = True
