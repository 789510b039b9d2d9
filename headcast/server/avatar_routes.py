"""People who can be animated: made of photos or an avatar file, listed, shown, tuned, deleted."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from typing import Annotated, Any

import cv2
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from PIL import Image as Pillow
from starlette.exceptions import HTTPException

from headcast.errors import MediaError
from headcast.geometry.face_controls import parse_controls
from headcast.geometry.place import parse_handles, place
from headcast.media.images import read_image, write_image
from headcast.reenact.puppet import Puppet
from headcast.reenact.sitter import DEFAULT_MAX_SIDE
from headcast.reenact.source import open_source
from headcast.server.coaching import PhotosAnswer, judge
from headcast.server.faces import face_of
from headcast.server.gallery import Person, source_of
from headcast.server.job_routes import answer_job
from headcast.server.models import AvatarAnswer, AvatarAsked, FaceAnswer, JobAnswer, PersonAsked, StillAsked, TuneAsked
from headcast.server.tuning import tune_work
from headcast.server.uploads import AVATAR, PHOTO
from headcast.server.workplace import Workplace, workplace_of
from headcast.types import Image

router = APIRouter(prefix="/api/avatars", tags=["avatars"])


@router.post("", status_code=HTTPStatus.CREATED)
async def make_avatar(request: Request, asked: AvatarAsked) -> AvatarAnswer:
    """Make somebody ready to be animated: from photos of one person, or from one avatar file.

    Of several photos the first is the one that moves. `handles` are points put by hand, in pixels of
    `GET /api/files/{file}/face`, for a painting in which no face is found.
    """
    workplace = workplace_of(request)
    return answer_avatar(await workplace.in_thread(partial(_make, workplace, asked)))


@router.get("")
async def list_avatars(request: Request) -> list[AvatarAnswer]:
    """Everybody who is ready, the examples first."""
    return [answer_avatar(person) for person in workplace_of(request).gallery.all()]


@router.get("/{avatar}")
async def get_avatar(request: Request, avatar: str) -> AvatarAnswer:
    """One of them."""
    return answer_avatar(workplace_of(request).gallery.find(avatar))


@router.delete("/{avatar}", status_code=HTTPStatus.NO_CONTENT)
async def delete_avatar(request: Request, avatar: str) -> None:
    """Forget somebody; the examples stay."""
    workplace_of(request).gallery.delete(avatar)


@router.get("/{avatar}/picture", response_class=Response)
async def get_picture(
    request: Request, avatar: str, side: Annotated[int, Query(ge=32, le=1920)] = 1024, head: bool = False
) -> Response:
    """The photo that moves, or the square around the head, as WebP."""
    workplace = workplace_of(request)
    person = workplace.gallery.find(avatar)
    return Response(await workplace.in_thread(partial(_picture, person, side, head)), media_type="image/webp")


@router.get("/{avatar}/face")
async def get_face(request: Request, avatar: str) -> FaceAnswer:
    """What is cut out of the photo that moves, where its face is, and what the photo coach says of it."""
    workplace = workplace_of(request)
    person = workplace.gallery.find(avatar)
    return await workplace.in_thread(lambda: face_of(person.opened().sitter))


@router.get("/{avatar}/file", response_class=FileResponse)
async def get_avatar_file(request: Request, avatar: str) -> FileResponse:
    """The avatar as a file, to keep and to animate later; only what was tuned or sent as one is a file."""
    person = workplace_of(request).gallery.find(avatar)
    if person.file is None:
        raise MediaError(f"{person.name} was not tuned, so there is no file; POST /api/avatars/tuned makes one")
    if not person.file.is_file():
        raise MediaError(f"the file of {person.name} went with its job or upload; make it again")
    return FileResponse(person.file, media_type="application/octet-stream", filename="headcast.avatar")


@router.post("/check")
async def check_photos(request: Request, asked: PersonAsked) -> PhotosAnswer:
    """What the photo coach says of photos of one person: which help, which do harm, what is missing."""
    workplace = workplace_of(request)
    uploads = [workplace.uploads.find(file, PHOTO) for file in asked.files]
    return await workplace.in_thread(partial(judge, uploads))


@router.post("/tuned", status_code=HTTPStatus.ACCEPTED)
async def tune_avatar(request: Request, asked: TuneAsked) -> JobAnswer:
    """Tune the model to one person, from 1 to 32 photos: a job of half a minute or more; its result is an avatar."""
    workplace = workplace_of(request)
    if not can_tune():
        raise HTTPException(HTTPStatus.NOT_IMPLEMENTED, "tuning needs torch; pip install 'headcast[train]'")
    uploads = [workplace.uploads.find(file, PHOTO) for file in asked.files]
    workplace.gallery.check_room()
    work = tune_work(workplace.gallery, uploads, asked)
    return answer_job(workplace, workplace.jobs.submit("avatar", asked.model_dump(), work))


stills = APIRouter(prefix="/api/stills", tags=["stills"])


@stills.post("", response_class=Response)
async def make_still(request: Request, asked: StillAsked) -> Response:
    """One picture of somebody doing as the controls say, at full size, marked as synthetic."""
    workplace = workplace_of(request)
    person = workplace.gallery.find(asked.avatar)
    content = await workplace.in_thread(partial(_still, workplace, person, asked))
    name = {"Content-Disposition": f'attachment; filename="headcast.{asked.format}"'}
    kind = "image/jpeg" if asked.format == "jpg" else f"image/{asked.format}"
    return Response(content, media_type=kind, headers=name)


def can_tune() -> bool:
    """Whether torch is installed, which tuning needs; looking does not import it."""
    return find_spec("torch") is not None


def answer_avatar(person: Person) -> AvatarAnswer:
    """What clients are told of somebody."""
    kind: Any = person.kind
    return AvatarAnswer(
        id=person.id,
        name=person.name,
        kind=kind,
        has_file=person.file is not None,
        photos=list(person.photos),
        scale=person.scale,
    )


@contextmanager
def _one_line() -> Iterator[None]:
    """Refuse what strict reading does not take."""
    try:
        yield
    except ValueError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def _make(workplace: Workplace, asked: AvatarAsked) -> Person:
    uploads = [workplace.uploads.find(file, PHOTO, AVATAR) for file in asked.files]
    name = asked.name or uploads[0].name.rpartition(".")[0] or uploads[0].name
    workplace.gallery.check_room()
    if any(upload.kind == AVATAR for upload in uploads):
        if len(uploads) > 1:
            raise MediaError("an avatar file stands alone; send it without photos")
        path = uploads[0].path
        return workplace.gallery.add(Person(name, "avatar", source=open_source(path), file=path))
    landmarks = None
    if asked.handles is not None:
        photo = read_image(uploads[0].path, DEFAULT_MAX_SIDE)
        with _one_line():
            landmarks = place(parse_handles(asked.handles, (photo.shape[1], photo.shape[0])))
    source = source_of([upload.path for upload in uploads], asked.scale, landmarks)
    made = Person(name, "photo", source=source, photos=tuple(asked.files), scale=asked.scale)
    return workplace.gallery.add(made)


def _picture(person: Person, side: int, head: bool) -> bytes:
    sitter = person.opened().sitter
    picture: Image = sitter.shot.image if head else sitter.photo
    longer = max(picture.shape[:2])
    if longer > side:
        picture = cv2.resize(picture, None, fx=side / longer, fy=side / longer, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    file = io.BytesIO()
    Pillow.fromarray(picture).save(file, "WEBP", quality=85, method=2)
    return file.getvalue()


def _still(workplace: Workplace, person: Person, asked: StillAsked) -> bytes:
    with _one_line():
        controls = parse_controls(asked.controls)
    source = person.opened()
    puppet = Puppet(source)
    path = workplace.folder / f"{person.id}-{id(puppet)}.{asked.format}"
    try:
        write_image(path, puppet.show(puppet.pose(controls)), source.marks("talking head, still").to_metadata())
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)
