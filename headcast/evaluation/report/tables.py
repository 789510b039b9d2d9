"""Figures of frames, clips and people in, their means and how one rival compares with another out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.methods.baselines import RIVALS
from headcast.evaluation.records import Figures, Record
from headcast.evaluation.report.bootstrap import Comparison, compare_paired

BETTER: Final = (("one face found", 1), ("CSIM", 1), ("landmark error all", -1), ("lip closure", 1), ("lid closure", 1))
"""What tells pairs apart: beginnings of figures' names, and 1 where more is better."""

Table = dict[str, list[Figures]]
"""By rival, one entry for each identity in one order."""


def mean_figures(parts: Sequence[Mapping[str, float]]) -> Figures:
    """Average each figure over the parts that have it; NaN and infinity (PSNR of equal frames) say nothing."""
    names = dict.fromkeys(name for part in parts for name in part)
    values = {name: [part[name] for part in parts if name in part and np.isfinite(part[name])] for name in names}
    return {name: float(np.mean(finite)) for name, finite in values.items() if finite}


def table_of(records: Sequence[Record]) -> Table:
    """Average the clips of each identity, so that nobody counts twice."""
    return {rival: list(people_of(records, rival).values()) for rival in present_rivals(records)}


def people_of(records: Sequence[Record], rival: str) -> dict[str, Figures]:
    """Return one rival's figures by identity, the clips of each averaged; empty where a person has none of it."""
    by_identity: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_identity[record.identity].append(record)
    return {
        identity: mean_figures([record.figures.get(rival, {}) for record in own])
        for identity, own in by_identity.items()
    }


def present_rivals(records: Sequence[Record]) -> list[str]:
    """Return the rivals of some records in the order of the tables: those known, then outside methods by name."""
    present = {rival for record in records for rival in record.figures}
    return [rival for rival in RIVALS if rival in present] + sorted(present - set(RIVALS))


def head_figure(figures: Mapping[str, float]) -> tuple[str, int]:
    """Return the figure by which frames are called best or worst, and its sign: 1 where less is better.

    LPIPS inside the head where a judge for it is at hand, else SSIM.
    """
    name = next((name for name in figures if name.startswith("LPIPS") and name.endswith(" head")), None)
    return (name, 1) if name else ("SSIM head", -1)


def worst_first(records: Sequence[Record], rival: str) -> list[Record]:
    """Order records by the sum of their ranks in all figures that say which way is better; equal ones share a rank."""
    own = [record for record in records if rival in record.figures]
    total = np.zeros(len(own))
    for start, sign in BETTER:
        for name in dict.fromkeys(name for record in own for name in record.figures[rival] if name.startswith(start)):
            values = np.array([sign * record.figures[rival].get(name, np.nan) for record in own])
            best = np.nanmax(values)
            total += _ranks(-np.where(np.isnan(values), best, values))  # nothing to be seen is nothing wrong
    return [own[number] for number in np.argsort(-total, kind="stable")]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each value, from 1; equal ones have the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def compare_rivals(table: Table, first: str, second: str, seed: int) -> dict[str, Comparison]:
    """Compare two rivals, figure by figure, over the identities for which both have it; two are needed."""
    return _compare(table[first], table[second], seed)


def compare_shots(more: Sequence[Record], fewer: Sequence[Record], rival: str, seed: int) -> dict[str, Comparison]:
    """Compare one rival with more shots to itself with fewer, over the identities that were judged with both."""
    first, second = people_of(more, rival), people_of(fewer, rival)
    both = [identity for identity in first if identity in second]
    return _compare([first[identity] for identity in both], [second[identity] for identity in both], seed)


def _compare(first: Sequence[Figures], second: Sequence[Figures], seed: int) -> dict[str, Comparison]:
    comparisons = {}
    for name in mean_figures(first):
        pair = [[person.get(name, float("nan")) for person in people] for people in (first, second)]
        if np.isfinite(pair).all(0).sum() > 1:
            comparisons[name] = compare_paired(pair[0], pair[1], seed)
    return comparisons
