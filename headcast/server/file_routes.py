"""Files that clients send: photos, videos, motions and avatars, and where the face is in a photo."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from headcast.server.faces import look_at, preview_of
from headcast.server.models import FaceAnswer, FileAnswer
from headcast.server.uploads import MOTION, PHOTO, Upload
from headcast.server.workplace import workplace_of

router = APIRouter(prefix="/api/files", tags=["files"])


@router.post("", status_code=HTTPStatus.CREATED)
async def send_file(request: Request, name: Annotated[str, Query(max_length=300)] = "file") -> FileAnswer:
    """Send a file: its content is the whole body. What it is is seen from its content, at most 512 MB.

    `name` is for people only.
    """
    workplace = workplace_of(request)
    number, received = await workplace.uploads.receive(request.stream())
    return _answer(await workplace.in_thread(partial(workplace.uploads.check, number, received, name)))


@router.get("")
async def list_files(request: Request) -> list[FileAnswer]:
    """All files that were sent, the oldest first."""
    return [_answer(upload) for upload in workplace_of(request).uploads.all()]


@router.get("/{file}", response_class=FileResponse)
async def get_file(request: Request, file: str) -> FileResponse:
    """A file as it was sent."""
    upload = workplace_of(request).uploads.find(file)
    return FileResponse(upload.path, media_type=upload.media_type)


@router.delete("/{file}", status_code=HTTPStatus.NO_CONTENT)
async def delete_file(request: Request, file: str) -> None:
    """Delete a file."""
    workplace_of(request).uploads.delete(file)


@router.get("/{file}/face")
async def get_face(request: Request, file: str, scale: Annotated[float, Query(ge=0.5, le=2.0)] = 1.0) -> FaceAnswer:
    """Where the face is in a photo, what is cut out, and what the photo coach says of it."""
    workplace = workplace_of(request)
    upload = workplace.uploads.find(file, PHOTO)
    return await workplace.in_thread(partial(look_at, upload.path, scale))


@router.get("/{file}/preview", response_class=Response)
async def get_preview(request: Request, file: str) -> Response:
    """A motion file as a small moving drawing, WebP."""
    workplace = workplace_of(request)
    upload = workplace.uploads.find(file, MOTION)
    return Response(await workplace.in_thread(partial(preview_of, upload.path)), media_type="image/webp")


def _answer(upload: Upload) -> FileAnswer:
    return FileAnswer(
        id=upload.id,
        kind=upload.kind,  # type: ignore[arg-type]
        name=upload.name,
        num_bytes=upload.num_bytes,
        size=upload.size,
        seconds=upload.seconds,
    )
