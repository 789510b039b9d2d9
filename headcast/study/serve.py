"""A study's folder in, its page on this computer out: one triplet at a time, answers kept as they are given.

The page, its style and its script are files of the package; pictures go by name, and no name from outside is ever
joined to a path. Only this computer can reach it, and only through its own address: pages of other sites that a
browser has open can neither read nor answer.
"""

import contextlib
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headcast.errors import HeadcastError, MediaError
from headcast.media.files import existing_file
from headcast.strict import parse_table
from headcast.study.answers import Answers, Progress, RefusedAnswerError
from headcast.study.study import SUFFIX, Study, load_study

ADDRESS: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 1024
SECONDS_TO_WAIT: Final = 30  # for one request, all of it

_PAGES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/study.css": ("study.css", "text/css; charset=utf-8"),
    "/study.js": ("study.js", "text/javascript; charset=utf-8"),
}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class StudyServer(ThreadingHTTPServer):
    """Serves one study on this computer; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, study: Study, answers: Answers, port: int) -> None:
        self.study = study
        self.answers = answers
        super().__init__((ADDRESS, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that left in the middle, and one line of anything else."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logging.getLogger(__name__).error("a request could not be answered (%r)", error)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{ADDRESS}:{self.server_port}/"


@contextmanager
def open_server(folder: Path, port: int) -> Iterator[StudyServer]:
    """Yield a server, not yet serving, for the study in a folder; MediaError where the port is taken."""
    study = load_study(folder)
    answers = Answers(study)
    try:
        server = StudyServer(study, answers, port)
    except OSError as error:
        raise MediaError(f"cannot serve on port {port} ({error.strerror}); give another --port, or 0") from error
    with server:
        yield server


class _RequestError(Exception):
    """A request that is refused, with its status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; says nothing of when a file was written, which would tell pictures apart."""

    server: StudyServer
    timeout = SECONDS_TO_WAIT

    def setup(self) -> None:
        """Cut the connection after a while, however little by little it goes on."""
        super().setup()
        self._end = threading.Timer(SECONDS_TO_WAIT, self._cut)
        self._end.daemon = True
        self._end.start()

    def finish(self) -> None:
        self._end.cancel()
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().finish()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:  # the standard library's name
        self._reply(self._get)

    def do_POST(self) -> None:
        self._reply(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the terminal shows the address, not every picture."""

    def version_string(self) -> str:
        return "headcast"

    def _reply(self, respond: Callable[[], None]) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):  # the browser has left
            self._reply_or_refuse(respond)

    def _reply_or_refuse(self, respond: Callable[[], None]) -> None:
        try:
            self._check_host()
            respond()
        except _RequestError as error:
            self._send_json(error.status, {"error": str(error)})
        except RefusedAnswerError as error:
            self._send_json(HTTPStatus.CONFLICT, {"error": str(error)})
        except HeadcastError as error:
            self._send_json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)})

    def _get(self) -> None:
        """GET / and its style and script; GET /study, /participants/TOKEN and /pictures/NAME.png."""
        if self.path in _PAGES:
            name, kind = _PAGES[self.path]
            return self._send(HTTPStatus.OK, kind, _static(name))
        match self.path.split("/"):
            case ["", "study"]:
                return self._send_json(HTTPStatus.OK, {"num_questions": len(self.server.study.questions)})
            case ["", "participants", token]:
                return self._send_progress(HTTPStatus.OK, self.server.answers.progress(token))
            case ["", "pictures", name] if path := self.server.study.picture_path(name.removesuffix(SUFFIX)):
                return self._send(HTTPStatus.OK, "image/png", existing_file(path).read_bytes())
        raise _RequestError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self) -> None:
        """POST /participants starts one; POST /participants/TOKEN with a triplet and a picture answers."""
        body = self._body()
        match self.path.split("/"):
            case ["", "participants"]:
                return self._send_json(HTTPStatus.CREATED, {"participant": self.server.answers.start()})
            case ["", "participants", token]:
                triplet, picture = body.get("triplet"), body.get("picture")
                if not isinstance(triplet, str) or not isinstance(picture, str):
                    raise _RequestError(HTTPStatus.BAD_REQUEST, "expected a triplet and a picture")
                return self._send_progress(HTTPStatus.CREATED, self.server.answers.choose(token, triplet, picture))
        raise _RequestError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _check_host(self) -> None:
        """Refuse what reached this computer under another site's name, or comes from another site's page."""
        own = {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in own or (origin and origin.removeprefix("http://") not in own):
            raise _RequestError(HTTPStatus.FORBIDDEN, f"open {self.server.url} instead")

    def _body(self) -> dict[str, Any]:
        """Read a small JSON object; nothing that another site's page could send unasked."""
        if self.headers.get("Content-Type") != "application/json":
            raise _RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected JSON")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _RequestError(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length")
        if len(length) > 9 or int(length) > MAX_BODY_BYTES:
            raise _RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {MAX_BODY_BYTES} bytes")
        try:
            return parse_table(self.rfile.read(int(length)))
        except ValueError:
            raise _RequestError(HTTPStatus.BAD_REQUEST, "expected a JSON object") from None

    def _send_progress(self, status: HTTPStatus, progress: Progress) -> None:
        question = progress.next
        asked = {"triplet": question.name, "pictures": question.pictures} if question else None
        counts = {"num_answered": progress.num_answered, "num_questions": progress.num_questions}
        self._send_json(status, {**counts, "next": asked})

    def _send_json(self, status: HTTPStatus, value: object) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _static(name: str) -> bytes:
    return (resources.files("headcast.study") / "static" / name).read_bytes()
