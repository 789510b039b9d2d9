"""A study's answers in, the share of generated pictures that were found out, with its 95 % interval, out.

Answers of one participant, and answers about one person's pictures, are no independent evidence: some people see
better, some faces are easier. So participants and people are both resampled (the pigeonhole bootstrap, Owen 2007).
With few answers it can be too sure (all alike: no spread at all), so the interval is never narrower than Wilson's,
which takes every answer as independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.study.answers import read_answers
from headcast.study.study import load_study

CHANCE: Final = 1 / 3
NUM_RESAMPLES: Final = 10_000
STANDARD_ERRORS: Final = NormalDist().inv_cdf(0.975)  # to either side, that hold 95 %


@dataclass(frozen=True)
class FoundOut:
    """How many of `num_answers` found the generated picture; `interval` holds the true share with 95 %."""

    num_found: int
    num_answers: int
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class StudyReport:
    """The whole study's share, each person's (Wilson's interval), and who answered how many of the questions."""

    overall: FoundOut
    people: dict[str, FoundOut]
    num_questions: int
    num_participants: int
    num_complete: int

    @property
    def verdict(self) -> str:
        """What the interval says about guessing, in words."""
        low, high = self.overall.interval
        if low > CHANCE:
            return "more than guessing: participants can tell"
        return "less than guessing" if high < CHANCE else "not to be told from guessing with these answers"


def report_study(folder: Path, seed: int = 0) -> StudyReport:
    """Count a study's answers, those of unfinished participants too; DataError where there are none."""
    study = load_study(folder)
    answers = read_answers(study)
    if not answers:
        raise DataError(f"nobody has answered the study in {folder} yet; run `headcast study serve {folder}`")
    questions = [study.questions[answer.triplet or ""] for answer in answers]
    found = np.array([answer.picture == asked.generated for answer, asked in zip(answers, questions, strict=True)])
    people, person = np.unique([question.identity for question in questions], return_inverse=True)
    everybody = {question.identity for question in study.questions.values()}
    participants, participant = np.unique([answer.participant for answer in answers], return_inverse=True)
    return StudyReport(
        overall=found_out(found, both_resampled(found, participant, person, seed)),
        people={str(name): found_out(found[person == number]) for number, name in enumerate(people)},
        num_questions=len(study.questions),
        num_participants=len(participants),
        num_complete=int((np.bincount(participant) >= len(everybody)).sum()),
    )


def text_lines(report: StudyReport) -> list[str]:
    """Return the report for a terminal: the share, what it means, and each person's."""
    lines = [
        f"found out: {shown(report.overall)}; guessing finds {CHANCE:.1%}",
        report.verdict,
        f"{report.num_participants} participants ({report.num_complete} finished), {len(report.people)} people, "
        f"{report.num_questions} questions",
    ]
    width = max(map(len, report.people))
    return [*lines, *(f"  {name:{width}}  {shown(found)}" for name, found in report.people.items())]


def wilson_interval(num_found: int, num_answers: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score, every answer taken as independent.

    >>> low, high = wilson_interval(10, 30)
    >>> print(f"{low:.3f} {high:.3f}")
    0.192 0.512
    """
    if not 0 <= num_found <= num_answers or num_answers < 1:
        raise ValueError(f"num_found must lie from 0 to num_answers, at least 1, not {num_found} of {num_answers}")
    squared = STANDARD_ERRORS**2
    middle = (num_found + squared / 2) / (num_answers + squared)
    spread = STANDARD_ERRORS * sqrt(num_found * (num_answers - num_found) / num_answers + squared / 4)
    half = spread / (num_answers + squared)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def both_resampled(
    found: NDArray[np.bool_], participant: NDArray[np.intp], person: NDArray[np.intp], seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of the share over draws of participants and of people, counted from 0 for each answer.

    An answer counts as often as its participant was drawn times as often as its person was.
    """
    random = np.random.default_rng(seed)
    sizes = int(participant.max()) + 1, int(person.max()) + 1
    place = participant * sizes[1] + person
    # answers, and those that found it, by participant and person
    tables = [np.bincount(place, weights, sizes[0] * sizes[1]).reshape(sizes) for weights in (None, found)]
    rows, columns = (random.multinomial(size, np.full(size, 1 / size), NUM_RESAMPLES).astype(float) for size in sizes)
    answered, right = (((rows @ table) * columns).sum(1) for table in tables)
    shares = right[answered > 0] / answered[answered > 0]
    low, high = np.percentile(shares, (2.5, 97.5))
    return float(low), float(high)


def found_out(found: Sequence[bool] | NDArray[np.bool_], at_least: tuple[float, float] | None = None) -> FoundOut:
    """Sum up some answers; their interval is Wilson's, widened to `at_least`."""
    num_found, num_answers = int(np.sum(found)), len(found)
    low, high = wilson_interval(num_found, num_answers)
    if at_least:
        low, high = min(low, at_least[0]), max(high, at_least[1])
    return FoundOut(num_found, num_answers, num_found / num_answers, (low, high))


def shown(found: FoundOut) -> str:
    """Return a share with its interval and counts, for a terminal."""
    low, high = found.interval
    return f"{found.share:.1%} ({low:.1%} to {high:.1%}), {found.num_found} of {found.num_answers}"
