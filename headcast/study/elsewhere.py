"""What raters elsewhere wrote about sheets and single pictures in, answers of the study and a count out.

A rater's file is a CSV: of sheets with columns `row` and `place` (1 to 3 from the left), of pictures shown alone with
columns `picture` and `answer` ("real" or "made").
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from headcast import strict
from headcast.errors import DataError
from headcast.limits import MAX_ANSWERS_BYTES, MAX_KEY_BYTES, MAX_SEED
from headcast.printable import brief
from headcast.strict import read_json_table
from headcast.study.answers import Answers
from headcast.study.report import FoundOut, found_out
from headcast.study.study import KEY_NAME, load_study

MADE: Final = "made"
ANSWERS: Final = ("real", MADE)


def enter_sheets(folder: Path, paths: Sequence[Path]) -> int:
    """Add each file's choices to the study's answers as one participant's; return how many choices.

    Nothing is written unless all files fit. DataError names the file and the line that does not.
    """
    study, rows = load_study(folder), {row["row"]: row for row in _key(folder, "sheet_rows", "--sheets")}
    raters = []
    for path in paths:
        choices: dict[str, str] = {}
        for number, line in _lines(path, ("row", "place")):
            row, place = rows.get(_whole(line["row"])), _whole(line["place"])
            if row is None or not 1 <= place <= 3 or row["triplet"] in choices:
                raise DataError(
                    f"line {number} of {path} does not fit: expected a row of the sheets, 1 to {len(rows)}, once each, "
                    "and a place, 1 to 3; correct it"
                )
            choices[row["triplet"]] = row["pictures"][place - 1]
        raters.append(choices)
    answers = Answers(study)
    for choices in raters:
        answers.enter(choices)
    return sum(map(len, raters))


def count_singles(folder: Path, paths: Sequence[Path]) -> tuple[FoundOut, FoundOut]:
    """Return how many made pictures were called made, and how many real ones were, by all files together."""
    made = {single["picture"]: bool(single["made"]) for single in _key(folder, "singles", "--cross")}
    called: dict[bool, list[bool]] = {True: [], False: []}
    for path in paths:
        seen = set()
        for number, line in _lines(path, ("picture", "answer")):
            name = line["picture"] if line["picture"].endswith(".png") else f"{_whole(line['picture']):02d}.png"
            if name not in made or name in seen or line["answer"] not in ANSWERS:
                raise DataError(
                    f"line {number} of {path} does not fit: expected a picture, 1 to {len(made)}, once each, and "
                    f"{' or '.join(ANSWERS)}; correct it"
                )
            seen.add(name)
            called[made[name]].append(line["answer"] == MADE)
    if not (called[True] and called[False]):
        raise DataError(f"{', '.join(map(str, paths))} must answer at least one made and one real picture; add answers")
    return found_out(called[True]), found_out(called[False])


def _key(folder: Path, name: str, option: str) -> list[dict[str, Any]]:
    load_study(folder)  # the key is whole
    try:
        entries = [_entry(entry, name) for entry in read_json_table(folder / KEY_NAME, MAX_KEY_BYTES).get(name, [])]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / KEY_NAME} is damaged ({brief(error)}); build the study again") from error
    if not entries:
        raise DataError(f"the study in {folder} was built without {option}; build one with it")
    return entries


def _entry(entry: object, kind: str) -> dict[str, Any]:
    """A row of the sheets, or one of the "singles"; KeyError or ValueError where it is none of its kind."""
    facts = dict(strict.table(entry, "an entry"))
    if kind == "singles":
        return facts | {"picture": strict.text(facts["picture"], "picture"), "made": bool(facts["made"])}
    if len(strict.texts(facts["pictures"], "pictures")) != 3:
        raise ValueError("a row has other than three pictures")
    return facts | {
        "row": strict.whole(facts["row"], 1, MAX_SEED, "row"),
        "triplet": strict.text(facts["triplet"], "row"),
    }


def _lines(path: Path, columns: tuple[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Return a file's lines with their numbers; DataError where it is no such table."""
    try:
        text = strict.read_bytes(path, MAX_ANSWERS_BYTES).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"cannot read {path} ({brief(error)}); give a CSV with columns {', '.join(columns)}") from error
    if not rows or not set(columns) <= set(rows[0]):
        raise DataError(f"{path} lacks the columns {', '.join(columns)}; add them")
    return [(number, {name: (row[name] or "").strip() for name in columns}) for number, row in enumerate(rows, start=2)]


def _whole(text: str) -> int:
    """Return a whole number; 0, which nothing is called, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
