"""Figures of frames, clips and people in, their means and how one rival compares with another out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from headcast.evaluation.baselines import RIVALS
from headcast.evaluation.bootstrap import Comparison, compare_paired
from headcast.evaluation.records import Figures, Record

Table = dict[str, list[Figures]]
"""By rival, one entry for each identity in one order."""


def mean_figures(parts: Sequence[Mapping[str, float]]) -> Figures:
    """Average each figure over the parts that have it; NaN and infinity (PSNR of equal frames) say nothing."""
    names = dict.fromkeys(name for part in parts for name in part)
    values = {name: [part[name] for part in parts if name in part and np.isfinite(part[name])] for name in names}
    return {name: float(np.mean(finite)) for name, finite in values.items() if finite}


def table_of(records: Sequence[Record]) -> Table:
    """Average the clips of each identity, so that nobody counts twice."""
    by_identity: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_identity[record.identity].append(record)
    rivals = [rival for rival in RIVALS if any(rival in record.figures for record in records)]
    return {
        rival: [mean_figures([record.figures.get(rival, {}) for record in own]) for own in by_identity.values()]
        for rival in rivals
    }


def compare_rivals(table: Table, first: str, second: str, seed: int) -> dict[str, Comparison]:
    """Compare two rivals, figure by figure, over the identities for which both have it; two are needed."""
    comparisons = {}
    for name in mean_figures(table[first]):
        pair = [[person.get(name, float("nan")) for person in table[rival]] for rival in (first, second)]
        if np.isfinite(pair).all(0).sum() > 1:
            comparisons[name] = compare_paired(pair[0], pair[1], seed)
    return comparisons
