"""Two sides of a call in one room in, each one's lines to the other out; nothing of the call itself passes here."""

from typing import Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from headcast.calls.invitation import RoomMessage, read_message
from headcast.server.workplace import workplace_of

router = APIRouter(prefix="/api/rooms", tags=["rooms"])

MAX_NAME: Final = 64
_KINDS: Final = ("line", "again")
_MOST_MESSAGES: Final = 5000  # of one side: hours of reconnecting
_REFUSED: Final = 1008


@router.websocket("/{name}")
async def enter_room(websocket: WebSocket, name: str) -> None:
    """Meet another side: it gets what this one sends, {"kind": "line", "line": ..., "number": ...} or
    {"kind": "again"}.

    The first side is told {"kind": "peer"} when another comes, the second {"kind": "second"}; a third {"kind": "full"}.
    """
    rooms = workplace_of(websocket).rooms
    await websocket.accept()
    if len(name) > MAX_NAME or not rooms.enter(name, websocket):
        await websocket.send_json({"kind": "full"})
        return await websocket.close(_REFUSED)
    try:
        other = rooms.other(name, websocket)
        if other is not None:
            await websocket.send_json({"kind": "second"})
            await _tell(other, RoomMessage("peer"))
        for _ in range(_MOST_MESSAGES):
            said = read_message(await websocket.receive_text())
            if said.kind not in _KINDS:
                break
            other = rooms.other(name, websocket)
            if other is not None:
                await _tell(other, said)
        await websocket.close(_REFUSED)
    except (WebSocketDisconnect, ValueError, KeyError, RuntimeError):
        if (
            websocket.client_state is WebSocketState.CONNECTED
            and websocket.application_state is WebSocketState.CONNECTED
        ):
            await websocket.close(_REFUSED)
    finally:
        rooms.leave(name, websocket)


async def _tell(side: WebSocket, message: RoomMessage) -> None:
    """Send to the other side, which may be gone."""
    try:
        await side.send_text(message.as_text())
    except (WebSocketDisconnect, RuntimeError):
        return
