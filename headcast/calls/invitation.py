"""A WebRTC description in, one line of text that people can copy out, and back; ValueError for a line that is damaged.

HC1.CHECKSUM.TEXT: the version, the CRC-32 of the text, and the text: offer or answer, deflated, in URL-safe base64.
"""

import base64
import binascii
import json
import re
import zlib
from dataclasses import asdict, dataclass
from typing import Final

from headcast.strict import parse_table, text, whole

OFFER, ANSWER = "offer", "answer"
MAX_LINE: Final = 20_000
MAX_INVITATIONS: Final = 1_000_000  # of one side in one room
MAX_DESCRIPTION: Final = 60_000  # letters

_VERSION: Final = "HC1"
_FORM: Final = re.compile(r"(HC[0-9]+)\.([0-9a-f]{8})\.([A-Za-z0-9_=-]+)")


def write_line(kind: str, description: str) -> str:
    """Return the line for an offer or answer."""
    packed = zlib.compress(f"{kind}\n{description}".encode(), 9)
    content = base64.urlsafe_b64encode(packed).decode()
    return f"{_VERSION}.{_checksum(content)}.{content}"


def read_line(line: str, kind: str) -> str:
    """Return the description in a line of the given kind; blanks and line breaks that copying put in do no harm."""
    line = re.sub(r"\s+", "", line)
    match = _FORM.fullmatch(line) if len(line) <= MAX_LINE else None
    if match is None:
        raise ValueError("this is no line of a call; it begins with HC1. and must be copied whole")
    version, checksum, content = match.groups()
    if version != _VERSION:
        raise ValueError(f"this line is of version {version}, expected {_VERSION}; use the same version on both sides")
    if _checksum(content) != checksum:
        raise ValueError("this line is damaged; copy it again, from its first letter to its last")
    try:
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(base64.urlsafe_b64decode(content), MAX_DESCRIPTION)
        found, _, description = unpacked.decode().partition("\n")
    except (zlib.error, binascii.Error, ValueError) as error:
        raise ValueError("this line is damaged; have a new one made") from error
    if unpacking.unconsumed_tail or found not in (OFFER, ANSWER):
        raise ValueError("this line is damaged; have a new one made")
    if found != kind:
        other = "the answer to an invitation" if found == ANSWER else "an invitation"
        raise ValueError(f"this line is {other}; paste the other one")
    return description


@dataclass(frozen=True)
class RoomMessage:
    """What a room relays: its kind; for `line` the line, and the number of the invitation that it is or answers."""

    kind: str
    line: str = ""
    number: int = 0

    def as_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))


def read_message(message: object) -> RoomMessage:
    """Read what a room relays; ValueError for anything else."""
    if not isinstance(message, str | bytes) or len(message) > MAX_LINE + 200:
        raise ValueError("a message that is no short text")
    table = parse_table(message)
    kind, line = text(table.get("kind"), "kind", 20), text(table.get("line", ""), "line", MAX_LINE)
    return RoomMessage(kind, line, whole(table.get("number", 0), 0, MAX_INVITATIONS, "number"))


def _checksum(content: str) -> str:
    return f"{zlib.crc32(content.encode()):08x}"
