"""A study's folder in, what is asked in it out: the triplets, and which picture of each is generated.

The folder holds `key.json` (here; never served), `pictures/` and, once somebody took part, `answers.jsonl`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headcast.errors import DataError
from headcast.limits import MAX_KEY_BYTES, MAX_SEED
from headcast.strict import read_json_table, whole

FORMAT: Final = "headcast-study"
VERSION: Final = 1
KEY_NAME: Final = "key.json"
PICTURES_NAME: Final = "pictures"
SUFFIX: Final = ".png"

_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Question:
    """One triplet as it is asked: names that tell nothing, the right answer, and whom it shows (a label)."""

    name: str
    pictures: tuple[str, str, str]
    generated: str
    identity: str

    def __post_init__(self) -> None:
        if not all(_NAME.fullmatch(name) for name in (self.name, *self.pictures)):
            raise ValueError("names must be 16 hexadecimal digits")
        if len(set(self.pictures)) != 3 or self.generated not in self.pictures:
            raise ValueError("a triplet must have three pictures, the generated one among them")


@dataclass(frozen=True)
class Study:
    """All questions by name; `seed` also draws each participant's order."""

    folder: Path
    seed: int
    questions: Mapping[str, Question]

    def picture_path(self, name: str) -> Path | None:
        """Return where a picture lies; None for a name that is no picture of this study."""
        known = any(name in question.pictures for question in self.questions.values())
        return self.folder / PICTURES_NAME / (name + SUFFIX) if known else None


def load_study(folder: Path) -> Study:
    """Read a study's key; DataError where there is none, or where it is damaged."""
    path = folder / KEY_NAME
    if not path.is_file():
        raise DataError(f"no study in {folder} ({KEY_NAME} is missing); make one with `headcast study build`")
    try:
        key = read_json_table(path, MAX_KEY_BYTES)
        if key["format"] != FORMAT or key["version"] != VERSION:
            raise ValueError(f"expected {FORMAT} version {VERSION}")
        questions = [_question(entry) for entry in key["triplets"]]
        study = Study(
            folder, whole(key["seed"], 0, MAX_SEED, "seed"), {question.name: question for question in questions}
        )
        if not questions or len(study.questions) != len(questions):
            raise ValueError("no triplets, or two of one name")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no key of a study, or damaged ({error!r:.120}); build the study again") from error
    return study


def _question(entry: Mapping[str, Any]) -> Question:
    first, second, third = (str(name) for name in entry["pictures"])
    return Question(str(entry["name"]), (first, second, third), str(entry["generated"]), str(entry["identity"]))
