"""One side's frames in, datagrams of two frames out, and back: the line's own headers are three times a frame's size.

    bundle  kind, then for each packet its length u16 and itself

A frame that comes soon after another waits for the next, and the next is told as its change from it: both come or
neither does. At the start, and when the other side asks for a key frame, none waits.
"""

from collections.abc import Callable, Sequence
from typing import Final

from headcast.telepresence.packets import BUNDLE, MAX_PACKET_BYTES, PacketError
from headcast.telepresence.sender import MotionSender
from headcast.types import Landmarks

MAX_PARTS: Final = 3  # two frames and what was heard
MOST_WAITING: Final = 60  # milliseconds between two frames that share a datagram
_LENGTH_BYTES: Final = 2


class FramePairs:
    """Frames of one sender in, datagrams out."""

    def __init__(self, sender: MotionSender) -> None:
        self._sender = sender
        self._waiting: bytes | None = None
        self._last_milliseconds: int | None = None

    def encode(
        self,
        landmarks: Landmarks | None,
        milliseconds: int,
        sound: Sequence[bytes] = (),
        sound_number: int = 0,
        hear: Callable[[], bytes] | None = None,
    ) -> bytes | None:
        """Return the datagram of a frame and of the one that waits; None where it waits itself, or the line is full.

        Where None is returned no sound was taken along; `hear`, which tells what was heard, is called where it is.
        """
        before, self._last_milliseconds = self._last_milliseconds, milliseconds
        is_quick = before is not None and milliseconds - before <= MOST_WAITING
        waiting, self._waiting = self._waiting, None
        if waiting is None and is_quick and not self._sender.is_urgent:
            self._waiting = self._sender.encode(landmarks, milliseconds)
            return None
        frame = self._sender.encode(landmarks, milliseconds, sound, sound_number, is_bound=waiting is not None)
        parts = [part for part in (waiting, frame) if part is not None]
        if not parts:
            return None
        return bundle_bytes(parts if hear is None else [*parts, hear()])


def bundle_bytes(parts: Sequence[bytes]) -> bytes:
    """Write packets as one datagram; one packet alone stays as it is. PacketError where they do not fit."""
    if len(parts) == 1:
        return parts[0]
    content = BUNDLE + b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in parts)
    if len(content) > MAX_PACKET_BYTES:
        raise PacketError(f"a bundle of {len(content)} bytes, expected at most {MAX_PACKET_BYTES}")
    return content


def split(content: bytes) -> list[bytes]:
    """Return the packets of a datagram, which nobody has looked at yet; PacketError for a broken bundle."""
    if content[:1] != BUNDLE:
        return [content]
    if len(content) > MAX_PACKET_BYTES:
        raise PacketError(f"a bundle of {len(content)} bytes, expected at most {MAX_PACKET_BYTES}")
    parts, place = [], 1
    while place < len(content):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(content[place:start], "big")
        parts.append(content[start:place])
    if place != len(content) or not 1 <= len(parts) <= MAX_PARTS:
        raise PacketError(f"a broken bundle of {len(parts)} packets")
    return parts
