"""A safetensors file in, what its header says out, checked before anything that it promises is read or allocated."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headcast.errors import CheckpointError, HeadcastError
from headcast.limits import MAX_HEADER_BYTES, MAX_NETWORK_BYTES
from headcast.printable import brief
from headcast.strict import parse_json, parse_table
from headcast.types import DRAWING_STYLE

Header = dict[str, Any]


@dataclass(frozen=True)
class FileKind:
    """One kind of file of ours: its name for people, its format and version in the metadata, and what writes it.

    A file that is not of its kind is an `error`; a header of more than `max_header_bytes` is not read. Files of
    every version so far are read.
    """

    name: str
    format: str
    version: int
    writer: str
    error: type[HeadcastError] = CheckpointError
    max_header_bytes: int = MAX_HEADER_BYTES

    @property
    def article(self) -> str:
        """The name with its article."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


AVATAR: Final = FileKind("avatar", format="headcast-avatar", version=3, writer="headcast personalize")
AVATAR_SUFFIX: Final = ".avatar"


@dataclass(frozen=True)
class TensorSpec:
    """The shape that a tensor must have, and the types (safetensors' names) that it may have."""

    shape: tuple[int, ...]
    dtypes: tuple[str, ...]


def read_header(path: Path, kind: FileKind) -> Header:
    """The JSON at the start of a safetensors file: 8 bytes of length, then the text."""
    if path.exists() and not path.is_file():
        raise kind.error(f"{path} is {'a folder' if path.is_dir() else 'no ordinary file'}; give {kind.article}")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size > MAX_NETWORK_BYTES:
                raise kind.error(f"{path} takes {size >> 20} MB, expected at most {MAX_NETWORK_BYTES >> 20}")
            if size < 8 or length > kind.max_header_bytes or length + 8 > size:
                raise kind.error(f"{path} is not {kind.article} of headcast, or is cut short; fetch it again")
            header = parse_json(file.read(length))
    except FileNotFoundError:
        raise kind.error(f"no such {kind.name}: {path}") from None
    except OSError as error:
        raise kind.error(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise kind.error(f"{path} is not {kind.article} of headcast: its header is not JSON") from error
    if not isinstance(header, dict):
        raise kind.error(f"{path} is not {kind.article} of headcast: its header is not a table")
    return header


def read_metadata(path: Path, header: Header, kind: FileKind) -> dict[str, str]:
    """The texts that a header carries; `kind.error` unless format and version are those of `kind`."""
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.get("format") != kind.format:
        raise kind.error(f"{path} is not {kind.article} of headcast; expected one written by `{kind.writer}`")
    known = [str(version) for version in range(1, kind.version + 1)]
    if metadata.get("version") not in known:
        raise kind.error(
            f"{path} has format version {metadata.get('version')!r:.20}, this program reads {' and '.join(known)}; "
            "update headcast"
        )
    return metadata


def check_drawing_style(path: Path, metadata: Mapping[str, str]) -> None:
    """CheckpointError unless a file's networks learned the landmark image that this program draws."""
    style = metadata.get("drawing_style")
    if style != str(DRAWING_STYLE):
        raise CheckpointError(
            f"{path} was trained on landmark images of style {style!r:.20}, this program draws style {DRAWING_STYLE}; "
            "use the version of headcast that wrote it, or train it again"
        )


def read_table(path: Path, metadata: Mapping[str, str], name: str) -> dict[str, Any]:
    """The JSON table that stands under `name` in a file's metadata."""
    try:
        return parse_table(metadata[name])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CheckpointError(f"{path} has broken notes ({name}: {brief(error, 80)}); fetch it again") from error


def found_shape(header: Header, name: str) -> tuple[int, ...]:
    """The shape that a header promises for one tensor; () where it is missing or no list of whole numbers."""
    entry = header.get(name)
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or any(type(length) is not int for length in shape):
        return ()
    return tuple(shape)


def check_tensors(path: Path, header: Header, expected: Mapping[str, TensorSpec]) -> None:
    """Names, shapes and types must be the expected ones, before anything large is read."""
    found = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if odd := sorted(set(found) ^ set(expected)):
        raise CheckpointError(f"{path} does not fit its configuration: tensor {odd[0]!r} is missing or unknown")
    for name, spec in expected.items():
        entry = found[name]
        known = isinstance(entry, dict) and entry.get("dtype") in spec.dtypes
        if not known or entry.get("shape") != list(spec.shape):
            types = " or ".join(spec.dtypes)
            raise CheckpointError(f"{path} does not fit its configuration: {name} should be {spec.shape} in {types}")
