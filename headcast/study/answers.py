"""A study and its participants' choices in, `answers.jsonl` out: one line a choice, each checked, none lost or doubled.

A participant is a random token, so that nobody's name is kept. Order and places are drawn from it: they need not be
stored, and a page that is opened again resumes.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Final

import numpy as np

from headcast.errors import DataError
from headcast.files import cannot_write
from headcast.printable import brief
from headcast.provenance.marks import creation_time
from headcast.study.study import Question, Study

ANSWERS_NAME: Final = "answers.jsonl"
MAX_PARTICIPANTS: Final = 10_000

_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Answer:
    """One line of the file. The first of a participant is the start: it names no triplet and no picture."""

    participant: str
    time: str
    triplet: str | None = None
    picture: str | None = None


class RefusedAnswerError(Exception):
    """A participant's request that does not fit the study; nothing was written."""


@dataclass(frozen=True)
class Progress:
    """Where a participant stands: how many are answered, and the next question with its pictures in their places."""

    num_answered: int
    num_questions: int
    next: Question | None


class Answers:
    """All answers of one study, safe to use from several threads; one process at a time."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._path = study.folder / ANSWERS_NAME
        self._lock = Lock()
        self._given: dict[str, set[str]] = {}
        answers, self._size = _read(study)
        for answer in answers:
            self._remember(answer)

    @property
    def num_participants(self) -> int:
        """How many people started."""
        return len(self._given)

    @property
    def num_answers(self) -> int:
        """How many questions were answered, by all of them."""
        return sum(map(len, self._given.values()))

    def start(self) -> str:
        """Let a new participant in; returns their token."""
        with self._lock:
            if len(self._given) >= MAX_PARTICIPANTS:
                raise RefusedAnswerError(f"the study has its {MAX_PARTICIPANTS} participants")
            participant = secrets.token_hex(16)
            self._append(Answer(participant, creation_time()))
            return participant

    def progress(self, participant: str) -> Progress:
        """Return where a participant stands; RefusedAnswerError for a token that was never given."""
        with self._lock:
            return self._progress(participant)

    def choose(self, participant: str, triplet: str, picture: str) -> Progress:
        """Write down which picture of the triplet, the participant's next one, was chosen; return what comes then."""
        with self._lock:
            question = self._progress(participant).next
            if question is None or question.name != triplet:
                raise RefusedAnswerError("this is not the next question; load the page again")
            if picture not in question.pictures:
                raise RefusedAnswerError("this picture does not belong to the question")
            self._append(Answer(participant, creation_time(), triplet, picture))
            return self._progress(participant)

    def enter(self, choices: Mapping[str, str]) -> str:
        """Write down choices that a new participant made elsewhere, picture by triplet; returns their token."""
        participant = self.start()
        with self._lock:
            for triplet, picture in choices.items():
                self._append(Answer(participant, creation_time(), triplet, picture))
        return participant

    def _progress(self, participant: str) -> Progress:
        given = self._given.get(participant)
        if given is None:
            raise RefusedAnswerError("nobody started under this token; start again")
        asked = asked_of(self._study, participant)
        left = [question for question in asked if question.name not in given]
        return Progress(len(given), len(asked), left[0] if left else None)

    def _append(self, answer: Answer) -> None:
        values = {name: value for name, value in asdict(answer).items() if value is not None}
        line = json.dumps(values).encode() + b"\n"
        try:
            with self._path.open("a+b") as file:
                file.seek(self._size)
                if b"\n" in file.read():
                    raise DataError(f"another program writes to {self._path}; end all servers of this study but one")
                file.truncate(self._size)  # half a line that a crash or a full disk left was never confirmed
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._size += len(line)
        self._remember(answer)

    def _remember(self, answer: Answer) -> None:
        given = self._given.setdefault(answer.participant, set())
        if answer.triplet is not None:
            given.add(answer.triplet)


def asked_of(study: Study, participant: str) -> list[Question]:
    """Return a participant's questions in an order of their own, the pictures in the places where they are shown.

    Of several about one person one is drawn at random, as two would be compared with each other.
    """
    random = np.random.default_rng([study.seed, int(participant, 16)])
    of_person: dict[str, Question] = {}
    for name in random.permutation(sorted(study.questions)).tolist():
        of_person.setdefault(study.questions[name].identity, study.questions[name])
    asked = []
    for question in of_person.values():
        first, second, third = random.permutation(question.pictures).tolist()
        asked.append(Question(question.name, (first, second, third), question.generated, question.identity))
    return asked


def read_answers(study: Study) -> list[Answer]:
    """Return the choices that were made; DataError where a line is damaged or does not fit the study."""
    return [answer for answer in _read(study)[0] if answer.triplet is not None]


def _read(study: Study) -> tuple[list[Answer], int]:
    """Return all whole lines of a study's file, checked, and how many bytes they take."""
    path = study.folder / ANSWERS_NAME
    if not path.exists():
        return [], 0
    try:
        whole, end, _ = path.read_bytes().rpartition(b"\n")
        lines = whole.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} ({brief(error)}); repair it, or move it away to start over") from error
    answers = []
    seen = set()
    for number, line in enumerate(lines, 1):
        answer = _parsed(line, study)
        if answer is None or (answer.participant, answer.triplet) in seen:
            raise DataError(f"line {number} of {path} does not fit the study, or comes twice; remove the line")
        seen.add((answer.participant, answer.triplet))
        answers.append(answer)
    return answers, len(whole) + len(end)


def _parsed(line: str, study: Study) -> Answer | None:
    """Return what a line says; None for one that we did not write for this study."""
    try:
        values = json.loads(line)
        answer = Answer(**values)
        pictures = study.questions[answer.triplet].pictures if answer.triplet is not None else (None,)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    fits = all(isinstance(value, str) for value in values.values()) and answer.picture in pictures
    return answer if fits and _TOKEN.fullmatch(answer.participant) else None
