"""A video, picture or avatar file in, the marks it carries out, safe to print.

When signed manifests and marks inside the pixels exist (see marks.py), their checks are asked here as well.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from headcast.errors import MediaError
from headcast.header import AVATAR, AVATAR_SUFFIX, read_header, read_metadata, read_table
from headcast.media.container import read_video_metadata
from headcast.media.images import read_image_metadata
from headcast.printable import printable
from headcast.provenance.marks import KEY_PREFIX, Marks


def _read_avatar_metadata(path: str | Path) -> dict[str, str]:
    file = Path(path)
    marks = read_table(file, read_metadata(file, read_header(file, AVATAR), AVATAR), "marks")
    return {name: str(text) for name, text in marks.items()}


_READERS: dict[str, Callable[[str | Path], dict[str, str]]] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp"), read_image_metadata),
    **dict.fromkeys((".mp4", ".mov", ".mkv"), read_video_metadata),
    AVATAR_SUFFIX: _read_avatar_metadata,
}
_MAX_STORED = 4096  # characters of one stored value; the longest we write are 32 digests
_MAX_SEED_DIGITS = 20


def read_marks(path: str | Path) -> Marks | None:
    """The marks in a file; None if it carries none, which does not prove that it shows what happened.

    MediaError if the file cannot be read, or if its marks were changed since they were written.

    >>> print(headcast.read_marks("alice.png"))
    None
    """
    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise MediaError(f"cannot look for marks in {path}: expected a name that ends in {', '.join(_READERS)}")
    return marks_from(reader(path), path)


def marks_from(metadata: Mapping[str, str], path: str | Path) -> Marks | None:
    """The marks among the texts that the file `path` stores; as `read_marks`."""
    if KEY_PREFIX + "tool" not in metadata:
        return None
    try:
        return _marks_from(metadata)
    except ValueError as error:
        raise MediaError(f"the marks in {path} were changed after they were written: {error}") from error


def _marks_from(metadata: Mapping[str, str]) -> Marks:
    """Marks from stored texts; ValueError names the field that is missing or not what we write."""

    def optional(name: str) -> str | None:
        value = metadata.get(KEY_PREFIX + name)
        return None if value is None else printable(value[:_MAX_STORED])

    def required(name: str) -> str:
        value = optional(name)
        if value is None:
            raise ValueError(f"{name} is missing")
        return value

    seed = required("seed")
    if not (seed.isascii() and seed.isdigit() and len(seed) <= _MAX_SEED_DIGITS):
        raise ValueError(f"seed is {seed[:40]!r}, expected a whole number")
    return Marks(
        kind=required("kind"),
        model=required("model"),
        model_sha256=required("model_sha256"),
        source_sha256=tuple(required("source_sha256").split()),
        driving_sha256=optional("driving_sha256"),
        seed=int(seed),
        consent=optional("consent"),
        tool=required("tool"),
        version=required("version"),
        created=required("created"),
    )
