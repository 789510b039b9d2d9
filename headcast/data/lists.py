"""A CSV list of clips in, its rows out: each whole, each naming a file inside of the folder that it is about."""

import csv
import io
from pathlib import Path, PurePosixPath
from typing import Final

from headcast.errors import DataError
from headcast.limits import MAX_LIST_BYTES, MAX_LIST_ROWS
from headcast.strict import read_bytes

Row = dict[str, str]
COLUMNS: Final = ("file", "identity")


def read_list(path: Path, *more: str) -> list[Row]:
    """Return the rows of a CSV with the columns `file` and `identity`, and `more`; DataError for anything else.

    Every row has a text, perhaps empty, for every column.
    """
    needed = (*COLUMNS, *more)
    try:
        text = read_bytes(path, MAX_LIST_BYTES).decode("utf-8-sig")
        if text.count("\n") > MAX_LIST_ROWS:
            raise ValueError(f"it has more than {MAX_LIST_ROWS} rows")
        reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
        rows = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"cannot read the list {path} ({reason}); give a CSV with columns {', '.join(needed)}"
        ) from error
    if not set(needed) <= set(reader.fieldnames or ()):
        raise DataError(f"the list {path} lacks the columns {', '.join(needed)}; add them")
    if not rows:
        raise DataError(f"the list {path} names no clips; add rows")
    for number, row in enumerate(rows, 2):
        _check(row, number, path)
    return rows


def _check(row: Row, number: int, path: Path) -> None:
    if any(not isinstance(value, str) for value in row.values()):  # None for a missing one, a list of those too many
        raise DataError(f"row {number} of {path} has fewer or more values than its heading; fix the list")
    name = PurePosixPath(row["file"])
    if not row["file"] or not row["identity"] or "\0" in row["file"]:
        raise DataError(f"row {number} of {path} names no file or no identity; fix the list")
    if name.is_absolute() or ".." in name.parts:
        raise DataError(
            f"row {number} of {path} names {row['file']!r:.60}, outside of the folder; give paths inside of it"
        )
