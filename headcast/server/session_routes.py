"""Sessions: what a face shall do in, frames out, over a WebSocket."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from headcast.errors import HeadcastError
from headcast.limits import MAX_REQUEST_BYTES
from headcast.reenact.options import SessionOptions
from headcast.server.models import SessionAnswer, SessionAsked
from headcast.server.sessions import ApiSession, Newest
from headcast.server.workplace import Workplace, workplace_of

router = APIRouter(prefix="/api/sessions", tags=["sessions"])

SECONDS_TO_READ: Final = 30.0  # for a client to take in one frame; then it is held for gone
SECONDS_TO_RESUME: Final = 30.0  # for a client that lost its line; then its memory is given back
MAX_ERRORS: Final = 100  # messages that cannot be read, until a connection is closed
NO_SESSION, TAKEN, TOO_LARGE, NOT_READ = 4404, 4409, 1009, 4408


@router.post("", status_code=HTTPStatus.CREATED)
async def open_session(request: Request, asked: SessionAsked) -> SessionAnswer:
    """Open a session; then connect a WebSocket to its `path` (see docs/api.md for the messages).

    JPEG frames show the whole photo; WebP and RGBA frames show the person alone, with alpha.
    """
    workplace = workplace_of(request)
    person = workplace.gallery.find(asked.avatar)
    source = await workplace.in_thread(person.opened)
    options = SessionOptions(
        policy="live", strength=asked.strength, relative=asked.relative, paste_back=asked.format == "jpeg"
    )
    session = workplace.sessions.add(ApiSession(person.id, source, options, asked.format, asked.max_side))
    return _answer(session)


@router.get("/{session}")
async def get_session(request: Request, session: str) -> SessionAnswer:
    """One session."""
    return _answer(workplace_of(request).sessions.find(session))


@router.delete("/{session}", status_code=HTTPStatus.NO_CONTENT)
async def close_session(request: Request, session: str) -> None:
    """Forget a session."""
    workplace_of(request).sessions.delete(session)


@router.websocket("/{session}")
async def run_session(websocket: WebSocket, session: str) -> None:
    """Take in messages and send frames, until the client leaves."""
    workplace = workplace_of(websocket)
    await websocket.accept()
    try:
        found = workplace.sessions.find(session)
    except HeadcastError as error:
        return await websocket.close(NO_SESSION, str(error))
    if found.is_open:
        return await websocket.close(TAKEN, "this session has a client already")
    found.is_open = True
    newest = Newest()
    reading = asyncio.create_task(_read(websocket, newest))
    try:
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.send_text(_answer(found).model_dump_json())
            await _serve(websocket, workplace, found, newest)
    finally:
        found.is_open = False
        reading.cancel()
        asyncio.get_running_loop().call_later(SECONDS_TO_RESUME, found.release)


async def _read(websocket: WebSocket, newest: Newest) -> None:
    """Keep the newest message; nothing is looked at here, so that a flood costs the others nothing."""
    try:
        while True:
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            message = event.get("text") if event.get("text") is not None else event.get("bytes")
            if message is None or len(message) > MAX_REQUEST_BYTES:
                return await websocket.close(TOO_LARGE)
            newest.put(message)
    finally:
        newest.close()


async def _serve(websocket: WebSocket, workplace: Workplace, session: ApiSession, newest: Newest) -> None:
    """Make the frame of the newest message, send it, take the next."""
    num_errors = 0
    while (message := await newest.take()) is not None:
        try:
            frame = await workplace.frame(session, message)
        except (ValueError, HeadcastError) as error:
            num_errors += 1
            if num_errors > MAX_ERRORS:
                return await websocket.close(1008, "too many messages that cannot be read")
            await websocket.send_json({"error": str(error)})
            continue
        if websocket.client_state is not WebSocketState.CONNECTED:
            return
        try:
            await asyncio.wait_for(websocket.send_bytes(frame), SECONDS_TO_READ)
        except asyncio.TimeoutError:
            return await websocket.close(NOT_READ, "the frames are not read")


def _answer(session: ApiSession) -> SessionAnswer:
    return SessionAnswer(
        id=session.id,
        path=f"{router.prefix}/{session.id}",
        avatar=session.avatar,
        format=session.format,
        worker=session.worker,
        marks=session.source.marks("talking head, live").to_metadata(),
    )
