"""Sides of calls in, who is with whom out."""

from starlette.websockets import WebSocket

from headcast.limits import MAX_ROOMS


class Rooms:
    """Who is in which room, in the order in which they came."""

    def __init__(self) -> None:
        self._rooms: dict[str, list[WebSocket]] = {}

    def enter(self, name: str, side: WebSocket) -> bool:
        """Let a side in; False where two are there already, or too many rooms are open."""
        if name not in self._rooms and len(self._rooms) >= MAX_ROOMS:
            return False
        sides = self._rooms.setdefault(name, [])
        if len(sides) == 2:
            return False
        sides.append(side)
        return True

    def leave(self, name: str, side: WebSocket) -> None:
        """Let a side go; an empty room is gone."""
        sides = self._rooms.get(name, [])
        if side in sides:
            sides.remove(side)
        if not sides:
            self._rooms.pop(name, None)

    def other(self, name: str, side: WebSocket) -> WebSocket | None:
        """Who else is there."""
        return next((each for each in self._rooms.get(name, []) if each is not side), None)
