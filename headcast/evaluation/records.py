"""What one clip was judged to be, in; kept in a folder, so that a stopped run resumes, and read back, out."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from headcast.errors import DataError, MediaError
from headcast.files import sweep, write_file, write_text
from headcast.printable import brief
from headcast.strict import finite, read_json_table, table, text, whole
from headcast.types import Image

Figures = dict[str, float]
"""Figure by name."""

REAL: Final = "real frames"
FORMAT: Final = 5
"""Raised when a figure's meaning changes, so that a folder never mixes two."""

SEPARATOR: Final = " | "
_MAX_FIGURES: Final = 10_000
CLAIM: Final = ".claim"


@dataclass(frozen=True)
class Record:
    """One judged clip.

    `figures` are means over its frames, by rival; `facts` say what it was made from; `vectors` (frames, d) are by
    feature network, then by rival and REAL; `strips` are pictures of the best and the worst frame, kept beside the
    record and not read back. `rows` are some figures of every frame, by rival, for tables by distance.
    """

    name: str
    identity: str
    facts: Mapping[str, Any]
    figures: Mapping[str, Figures]
    vectors: Mapping[str, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)
    strips: Mapping[str, Image] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Figures]] = field(default_factory=dict)


class Records:
    """The records of one evaluation; another evaluation's folder is refused, so that figures never mix.

    `settings` is everything that the figures depend on, ready for JSON. `save_picture` writes one strip: pictures
    made by a network carry marks that say so.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], save_picture: Callable[[Path, Image], None]) -> None:
        self.folder = folder
        self._save_picture = save_picture
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MediaError(f"cannot make the folder {folder} ({error.strerror}); give another folder") from error
        sweep(folder)  # also where nothing is left to be judged
        wanted = json.loads(json.dumps({"format": FORMAT, **settings}))
        path = folder / "settings.json"
        if not path.exists():
            write_json(path, wanted)
        found = _read_json(path)
        if different := sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)):
            raise DataError(
                f"{folder} holds an evaluation with other settings ({', '.join(different)}); give another folder"
            )

    def has(self, name: str) -> bool:
        """Tell whether something is kept under a name."""
        return (self.folder / f"{name}.json").is_file()

    def claim(self, name: str) -> bool:
        """Take the making of a record upon oneself; False where another worker has."""
        try:
            (self.folder / f"{name}{CLAIM}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def drop_claims(self) -> None:
        """Forget what workers of an earlier start claimed and may not have finished."""
        for path in self.folder.glob(f"*{CLAIM}"):
            path.unlink()

    def keep(self, name: str, judge: Callable[[], Record]) -> Record:
        """Return what is kept under a name; where nothing is, judge and keep that."""
        if self.has(name):
            return self._read(name)
        record = judge()
        for which, picture in record.strips.items():
            self._save_picture(self.strip_path(name, which), picture)
        self._write(record)
        return record

    def strip_path(self, name: str, which: str) -> Path:
        """Return where the picture of a record's "best", "worst" or "middle" frame is."""
        return self.folder / f"{name}.{which}.jpg"

    def _read(self, name: str) -> Record:
        path = self.folder / f"{name}.json"
        kept = _read_json(path)
        vectors_path = path.with_suffix(".safetensors")
        try:
            vectors = load_file(vectors_path) if whole(kept["num_vectors"], 0, _MAX_FIGURES, "num_vectors") else {}
            figures = {rival: _figures(own) for rival, own in table(kept["figures"], "figures").items()}
            facts = table(kept["facts"], "facts")
            rows = {rival: [*map(_figures, own)] for rival, own in table(kept["rows"], "rows").items()}
            name, identity = text(kept["name"], "name"), text(kept["identity"], "identity")
            return Record(name, identity, facts, figures, _nested(vectors), rows=rows)
        except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
            raise DataError(f"{path} is damaged ({brief(error)}); delete it, and its clip is judged again") from error

    def _write(self, record: Record) -> None:
        # the JSON comes last: what has one is complete
        path = self.folder / f"{record.name}.json"
        if record.vectors:
            rows = {
                f"{network}{SEPARATOR}{rival}": np.ascontiguousarray(values)
                for network, by_rival in record.vectors.items()
                for rival, values in by_rival.items()
            }
            write_file(path.with_suffix(".safetensors"), partial(save_file, rows))
        kept = {"name": record.name, "identity": record.identity, "facts": record.facts, "figures": record.figures}
        write_json(path, {**kept, "rows": record.rows, "num_vectors": len(record.vectors)})


def merge_records(name: str, parts: Sequence[Record]) -> Record:
    """Lay records of the same frames, each about some rivals, together; what all say, the first says for them."""
    figures = {rival: own for part in parts for rival, own in part.figures.items()}
    facts: dict[str, Any] = {key: value for part in reversed(parts) for key, value in part.facts.items()}
    facts["shown"] = {rival: shown for part in parts for rival, shown in part.facts["shown"].items()}
    networks = dict.fromkeys(network for part in parts for network in part.vectors)
    vectors = {
        network: {rival: rows for part in parts for rival, rows in part.vectors[network].items()}
        for network in networks
    }
    rows = {rival: own for part in parts for rival, own in part.rows.items()}
    return Record(name, parts[0].identity, facts, figures, vectors, rows=rows)


def write_json(path: Path, value: object) -> None:
    """Write JSON that any program reads: the file appears whole or not at all, and holds no NaN."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def _figures(values: object) -> Figures:
    return {name: finite(value, -math.inf, math.inf, name) for name, value in table(values, "figures").items()}


def _nested(rows: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, NDArray[np.float32]]]:
    vectors: dict[str, dict[str, NDArray[np.float32]]] = {}
    for key, values in rows.items():
        network, rival = key.split(SEPARATOR)
        vectors.setdefault(network, {})[rival] = values
    return vectors


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return read_json_table(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged ({brief(error)}); delete it or give another folder") from error
