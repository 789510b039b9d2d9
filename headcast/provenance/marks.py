"""What was made, when, with what and from what: the marks that every file we write carries in its metadata.

These marks inform honest people; anybody can strip them. Two stronger kinds will stand beside this file:
`manifest.py` for signed manifests (C2PA: the same facts, signed and bound to the pixels by a hash) and
`watermark.py` for marks inside the pixels, which outlive re-encoding. Both take a `Marks`.
"""

import os
import re
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

from headcast.errors import HeadcastError
from headcast.limits import MAX_SHOTS
from headcast.version import __version__

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""The IPTC's word for a real picture altered by a trained model; publishing platforms read it."""

KEY_PREFIX = "headcast_"
"""Begins the metadata keys that hold the fields of `Marks`."""

MAX_TEXT = 500
"""Characters of a free text such as the note on consent."""

_HASH = re.compile(r"[0-9a-f]{64}")
_SHORT_HASH = re.compile(r"[0-9a-f]{8,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MAX_SEED = 2**64


def creation_time() -> str:
    """Now in UTC, ISO 8601 in whole seconds; SOURCE_DATE_EPOCH (seconds since 1970) stands in for now where it is set.

    That variable is the convention of reproducible builds: same inputs, same file. HeadcastError if it is no time.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        now = datetime.now(timezone.utc)
    else:
        try:
            now = datetime.fromtimestamp(int(given), timezone.utc)
        except (ValueError, OverflowError, OSError) as error:
            raise HeadcastError(f"SOURCE_DATE_EPOCH is {given!r:.40}, expected seconds since 1970; unset it") from error
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def fingerprint(path: str | Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits, read piece by piece."""
    digest = sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True)
class Marks:
    """The facts about one synthetic file.

    `source_sha256` has the fingerprint of each picture of the person shown, `driving_sha256` that of the file that
    gave the motion (None for a built-in motion), `model_sha256` the weights' (its first digits do). `consent` is
    the maker's own note on why this person may be shown, if they left one. ValueError names a field that is not so.

    >>> marks = headcast.Marks("composite talking head", "lite.safetensors", "63972482", source_sha256=())
    >>> marks.tool, marks.to_metadata()["comment"]
    ('Headcast', 'Synthetic: made with Headcast ... The person shown did not make these movements.')
    """

    kind: str  # such as "composite talking head"
    model: str
    model_sha256: str
    source_sha256: tuple[str, ...]
    driving_sha256: str | None = None
    seed: int = 0
    consent: str | None = None
    tool: str = "Headcast"
    version: str = __version__
    created: str = field(default_factory=creation_time)

    def __post_init__(self) -> None:
        for name in ("kind", "model", "tool", "version", "consent"):
            text = getattr(self, name)
            if text is not None and not (text.isprintable() and 0 < len(text) <= MAX_TEXT):
                raise ValueError(f"{name} is {text[:40]!r}, expected one line of 1 to {MAX_TEXT} printable characters")
        if not _TIME.fullmatch(self.created):
            raise ValueError(f"created is {self.created[:40]!r}, expected a time such as 2026-01-31T23:59:59Z")
        if not _SHORT_HASH.fullmatch(self.model_sha256):
            raise ValueError(f"model_sha256 is {self.model_sha256[:40]!r}, expected 8 to 64 hexadecimal digits")
        driving = () if self.driving_sha256 is None else (self.driving_sha256,)
        for name, hashes in (("source_sha256", self.source_sha256), ("driving_sha256", driving)):
            if len(hashes) > MAX_SHOTS or not all(_HASH.fullmatch(one) for one in hashes):
                raise ValueError(f"{name} is {' '.join(hashes)[:40]!r}, expected SHA-256 digests of 64 digits")
        if not 0 <= self.seed < _MAX_SEED:
            raise ValueError(f"seed is {self.seed}, expected 0 to 2^64 - 1")

    def to_metadata(self) -> dict[str, str]:
        """Texts for `VideoWriter` and `write_image`: a line for people, the standard keys, and every field."""
        metadata = {
            "comment": f"Synthetic: made with {self.tool} {self.version} ({self.kind}) on {self.created}. "
            "The person shown did not make these movements.",
            "creation_time": self.created,
            "digital_source_type": DIGITAL_SOURCE_TYPE,
        }
        for name in (item.name for item in fields(self)):
            value = getattr(self, name)
            if value is not None:
                metadata[KEY_PREFIX + name] = " ".join(value) if isinstance(value, tuple) else str(value)
        return metadata
