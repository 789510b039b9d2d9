"""A camera's frames in, frames of the moving photo out: the page and the routes of live sessions."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request, Response, WebSocket
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from headcast.errors import HeadcastError
from headcast.limits import MAX_MESSAGE_BYTES
from headcast.live.performance import LiveControls
from headcast.reenact.options import SessionOptions
from headcast.server.live_sessions import LiveSession
from headcast.server.models import Asked, Id
from headcast.server.pages import page
from headcast.server.workplace import workplace_of

router = APIRouter(tags=["live"])

MAX_ERRORS: Final = 100  # messages that cannot be read, until a connection is closed
SECONDS_TO_READ: Final = 30.0
NO_SESSION: Final = 4404


class LiveAsked(Asked):
    """Whom a camera shall move, and how."""

    avatar: Id
    max_side: Annotated[int, Field(ge=64, le=1024)] = 512
    mirror: bool = True
    relative: bool = True
    strength: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    region: Literal["all", "expression", "pose", "lips", "eyes"] = "all"


class LiveAnswer(BaseModel):
    """A live session: offer a WebRTC connection at `offer`, or connect a WebSocket at `path`."""

    id: str
    path: str
    offer: str
    synthetic: Literal[True] = True
    marks: dict[str, str]


class LiveControlsAsked(Asked):
    """What to change; what is not named stays."""

    mirror: bool | None = None
    freeze: bool | None = None
    hud: bool | None = None
    calibrate: bool | None = None


class OfferAsked(Asked):
    """A browser's description of a connection."""

    sdp: Annotated[str, Field(max_length=20_000)]
    type: Literal["offer"] = "offer"


class OfferAnswer(BaseModel):
    """Ours."""

    sdp: str
    type: Literal["answer"] = "answer"
    synthetic: Literal[True] = True


@router.get("/live", include_in_schema=False)
async def get_live_page() -> Response:
    """The page."""
    return page("live.html")


@router.post("/api/live", status_code=HTTPStatus.CREATED)
async def start_live(request: Request, asked: LiveAsked) -> LiveAnswer:
    """Make a live session; it ends when its connection ends, or after a minute without a picture."""
    workplace = workplace_of(request)
    person = workplace.gallery.find(asked.avatar)
    source = await workplace.in_thread(person.opened)
    options = SessionOptions(policy="live", relative=asked.relative, strength=asked.strength, region=asked.region)
    controls = LiveControls(mirror=asked.mirror)
    session = LiveSession(person.id, source, options, asked.max_side, controls)
    await workplace.live.add(session)
    marks = source.marks("talking head, live").to_metadata()
    path = f"/api/live/{session.id}"
    return LiveAnswer(id=session.id, path=path, offer=f"{path}/offer", marks=marks)


@router.get("/api/live/{session}")
async def get_live(request: Request, session: str) -> dict[str, object]:
    """How a live session goes: delay and frames a second, apart."""
    return workplace_of(request).live.find(session).status()


@router.post("/api/live/{session}/offer")
async def offer_live(request: Request, session: str, asked: OfferAsked) -> OfferAnswer:
    """Connect by WebRTC: a camera in, the avatar out; the answer says that the stream is synthetic."""
    try:
        from headcast.server.webrtc import OfferError, answer
    except ImportError as error:
        text = "WebRTC needs aiortc; pip install 'headcast[studio]'. The WebSocket works without"
        raise HTTPException(HTTPStatus.NOT_IMPLEMENTED, text) from error
    found = workplace_of(request).live.find(session)
    try:
        return OfferAnswer(sdp=await answer(found, asked.sdp))
    except OfferError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


@router.post("/api/live/{session}/controls", status_code=HTTPStatus.NO_CONTENT)
async def change_live(request: Request, session: str, asked: LiveControlsAsked) -> None:
    """Mirror, freeze, calibrate, show delay and pace."""
    controls = workplace_of(request).live.find(session).controls
    for name, value in asked.model_dump(exclude_none=True).items():
        setattr(controls, name, value)


@router.delete("/api/live/{session}", status_code=HTTPStatus.NO_CONTENT)
async def end_live(request: Request, session: str) -> None:
    """End a live session."""
    await workplace_of(request).live.delete(session)


@router.websocket("/api/live/{session}")
async def run_live(websocket: WebSocket, session: str) -> None:
    """Take a number and a JPEG file in each message, send the frame in the API's form; one at a time.

    Without WebRTC a page sends the newest picture of its camera as soon as it has the answer to the last.
    """
    workplace = workplace_of(websocket)
    await websocket.accept()
    try:
        found = workplace.live.find(session)
    except HeadcastError as error:
        return await websocket.close(NO_SESSION, str(error))
    num_errors = 0
    with suppress(WebSocketDisconnect, RuntimeError):
        while not found.is_closed:
            message = await websocket.receive()
            content = message.get("bytes")
            if message["type"] == "websocket.disconnect":
                break
            try:
                if content is None or len(content) > MAX_MESSAGE_BYTES:
                    raise ValueError("a message is a number of 4 bytes and a JPEG file")
                frame = await found.show(content)
            except (ValueError, HeadcastError) as error:
                num_errors += 1
                if num_errors > MAX_ERRORS:
                    return await websocket.close(1008, "too many messages that cannot be read")
                await websocket.send_json({"error": str(error)})
                continue
            await asyncio.wait_for(websocket.send_bytes(frame), SECONDS_TO_READ)
