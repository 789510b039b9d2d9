"""Settings in, the application out that serves pages, files and frames."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import headcast
from headcast.errors import HeadcastError
from headcast.server import avatar_routes, file_routes, job_routes, live, pages, rooms, session_routes
from headcast.server.gate import Gate
from headcast.server.settings import ServerSettings
from headcast.server.workplace import FrameMaker, open_workplace


def make_app(settings: ServerSettings | None = None, frame_maker: FrameMaker | None = None) -> FastAPI:
    """An application for one server; what its requests share is made when it starts and removed when it ends.

    The frames of sessions are made in this process, or by `frame_maker`.
    """
    settings = settings or ServerSettings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_workplace(settings, frame_maker) as workplace:
            app.state.workplace = workplace
            yield
            await workplace.live.close()

    app = FastAPI(
        title="Headcast",
        version=headcast.__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    for routes in (file_routes, avatar_routes, job_routes, session_routes, live, pages, rooms):
        app.include_router(routes.router)
    app.include_router(avatar_routes.stills)
    answer_errors(app)
    app.add_middleware(Gate, settings=settings)
    return app


def answer_errors(app: FastAPI) -> None:
    """Have every refusal be one line, {"error": ...}, as the command line has it."""

    @app.exception_handler(HeadcastError)
    async def refuse_file(request: Request, error: HeadcastError) -> JSONResponse:
        workplace = getattr(request.app.state, "workplace", None)  # a viewer has none
        text = workplace.uploads.in_words(str(error)) if workplace else str(error)
        return JSONResponse({"error": text}, HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(ClientDisconnect)
    async def forget(_: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    @app.exception_handler(RequestValidationError)
    async def refuse_value(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return JSONResponse({"error": f"{place or 'the request'}: {first['msg']}"}, HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> JSONResponse:
        text = "there is nothing here" if error.detail == "Not Found" else error.detail
        return JSONResponse({"error": text}, error.status_code, error.headers)
