"""Names of our own pages, styles and scripts in, their content out; nothing else is ever opened."""

from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

import headcast
from headcast.geometry.builtin import builtin_motion_names
from headcast.geometry.face_controls import LIMITS
from headcast.server.avatar_routes import can_tune
from headcast.server.faces import preview_of
from headcast.server.models import StatusAnswer
from headcast.server.workplace import workplace_of

HEAD: Final = "head.html"  # what all pages begin with; a comment with its name stands for it
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}

router = APIRouter()


@router.get("/api/status", tags=["server"])
async def get_status(request: Request) -> StatusAnswer:
    """What this server is and can do."""
    return StatusAnswer(
        run=workplace_of(request).run,
        version=headcast.__version__,
        can_tune=can_tune(),
        motions=list(builtin_motion_names()),
        controls=dict(LIMITS),
    )


@router.get("/api/motions/{motion}/preview", tags=["server"], response_class=Response)
async def get_motion(request: Request, motion: str, still: bool = False) -> Response:
    """A built-in motion as a small moving drawing, WebP; `still`, for those whom movement troubles, its largest."""
    if motion not in builtin_motion_names():
        raise HTTPException(HTTPStatus.NOT_FOUND)
    drawn = await workplace_of(request).in_thread(lambda: preview_of(motion, still=still))
    return Response(drawn, media_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@router.get("/", include_in_schema=False)
async def get_studio() -> Response:
    """The studio."""
    return page("index.html")


@router.get("/docs", include_in_schema=False)
async def get_docs() -> Response:
    """The API's documentation."""
    return page("docs.html")


@router.get("/static/{name}", include_in_schema=False)
async def get_static(name: str) -> Response:
    """One of our own files."""
    return page(name)


def page(name: str, package: str = "headcast.server") -> Response:
    """The answer with one file of a package's static folder; 404 for any other name."""
    content = _files(package).get(name)
    if content is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(content, media_type=KINDS[name[name.rindex(".") :]])


@cache
def _files(package: str) -> dict[str, bytes]:
    """Every file of a package's static folder by its name: a name from outside is never joined to a path."""
    folder = resources.files(package) / "static"
    files = {
        file.name: file.read_bytes() for file in folder.iterdir() if any(file.name.endswith(suffix) for suffix in KINDS)
    }
    head = files.pop(HEAD, b"")
    return {name: content.replace(f"<!-- {HEAD} -->\n".encode(), head) for name, content in files.items()}
