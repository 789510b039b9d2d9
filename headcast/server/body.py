"""The body of a request in, the same within its limits out: how many bytes, and how long they may take to come."""

import asyncio
import time
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from headcast.limits import MAX_UPLOAD_BYTES

UPLOADS: Final = "/api/files"
SECONDS: Final = 20.0  # for a whole request that is no upload, and between two pieces of one that is
UPLOAD_SECONDS: Final = 900.0


def limited(scope: Scope, headers: Headers, receive: Receive, most: int) -> Receive:
    """Wrap `receive` so that a body of more than `most` bytes, or too slow, ends in 413 or 408, however it comes.

    Uploads have limits of their own.
    """
    if scope["type"] != "http":
        return receive
    is_upload = scope["path"] == UPLOADS
    most = MAX_UPLOAD_BYTES if is_upload else most
    end = time.monotonic() + (UPLOAD_SECONDS if is_upload else SECONDS)
    num_bytes, is_whole = 0, False

    async def wrapped() -> Message:
        nonlocal num_bytes, is_whole
        if is_whole:  # what comes now is that the client has left
            return await receive()
        if _announced(headers) > most:
            raise too_large(most)
        try:
            message = await asyncio.wait_for(receive(), max(min(SECONDS, end - time.monotonic()), 0.0))
        except asyncio.TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly") from None
        num_bytes += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if num_bytes > most:
            raise too_large(most)
        return message

    return wrapped


def too_large(most: int) -> HTTPException:
    """The refusal of a body that is larger than `most` bytes."""
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} kB"
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {size}")


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0
