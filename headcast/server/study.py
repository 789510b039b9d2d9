"""A study's folder in, its page on this computer out: one triplet at a time, answers kept as they are given.

Pictures go by name, and no name from outside is ever joined to a path. Nothing says when a file was written, which
would tell pictures apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from headcast.errors import MediaError
from headcast.media.files import existing_file
from headcast.server.app import answer_errors
from headcast.server.gate import Gate
from headcast.server.pages import page
from headcast.server.run import Server
from headcast.server.settings import ServerSettings
from headcast.strict import parse_table
from headcast.study.answers import Answers, Progress, RefusedAnswerError
from headcast.study.study import SUFFIX, Study, load_study

MAX_BODY_BYTES: Final = 1024
PACKAGE: Final = "headcast.study"


class StudyServer(Server):
    """Serves one study on this computer; port 0 takes a free one."""

    def __init__(self, study: Study, answers: Answers, port: int, **others: Any) -> None:
        self.study, self.answers = study, answers
        settings = ServerSettings(port=port)
        super().__init__(make_study_app(study, answers, settings), settings, **others)


@contextmanager
def open_server(folder: Path, port: int, **others: Any) -> Iterator[StudyServer]:
    """Yield a server, not yet serving, for the study in a folder; MediaError where the port is taken."""
    study = load_study(folder)
    server = StudyServer(study, Answers(study), port, **others)
    try:
        yield server
    finally:
        server.close()


def make_study_app(study: Study, answers: Answers, settings: ServerSettings) -> FastAPI:
    """The application of one study: nothing but its page, its pictures and its participants."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(_pages())
    app.include_router(_pictures(study))
    app.include_router(_participants(study, answers))
    answer_errors(app)

    @app.exception_handler(RefusedAnswerError)
    async def refuse(_: Request, error: RefusedAnswerError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, HTTPStatus.CONFLICT)

    app.add_middleware(Gate, settings=settings, max_bytes=MAX_BODY_BYTES)
    return app


def _pages() -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def get_page() -> Response:
        return page("index.html", PACKAGE)

    @router.get("/study.css")
    async def get_style() -> Response:
        return page("study.css", PACKAGE)

    @router.get("/study.js")
    async def get_script() -> Response:
        return page("study.js", PACKAGE)

    return router


def _pictures(study: Study) -> APIRouter:
    router = APIRouter()

    @router.get("/study")
    async def get_study() -> dict[str, int]:
        return {"num_questions": len(study.questions)}

    @router.get("/pictures/{name}" + SUFFIX)
    def get_picture(name: str) -> Response:
        path = study.picture_path(name)
        if path is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        try:
            return Response(existing_file(path).read_bytes(), media_type="image/png")
        except MediaError as error:
            raise HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error

    return router


def _participants(study: Study, answers: Answers) -> APIRouter:
    router = APIRouter()

    @router.post("/participants", status_code=HTTPStatus.CREATED)
    async def start(request: Request) -> dict[str, str]:
        await _body(request)
        return {"participant": answers.start()}

    @router.get("/participants/{token}")
    async def get_progress(token: str) -> dict[str, Any]:
        return _shown(answers.progress(token))

    @router.post("/participants/{token}", status_code=HTTPStatus.CREATED)
    async def choose(request: Request, token: str) -> dict[str, Any]:
        body = await _body(request)
        triplet, picture = body.get("triplet"), body.get("picture")
        if not isinstance(triplet, str) or not isinstance(picture, str):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "expected a triplet and a picture")
        return _shown(answers.choose(token, triplet, picture))

    return router


async def _body(request: Request) -> dict[str, Any]:
    """Read a small JSON object; nothing that another site's page could send unasked."""
    if request.headers.get("Content-Type") != "application/json":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected JSON")
    try:
        return parse_table(await request.body())
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "expected a JSON object") from None


def _shown(progress: Progress) -> dict[str, Any]:
    question = progress.next
    asked = {"triplet": question.name, "pictures": question.pictures} if question else None
    return {"num_answered": progress.num_answered, "num_questions": progress.num_questions, "next": asked}
