"""The records of an evaluation in, its tables as plain data, ready for JSON and for the report, out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from headcast.evaluation.methods.baselines import OURS, TUNED
from headcast.evaluation.metrics.distribution import MIN_FRAMES, feature_set_distances
from headcast.evaluation.records import REAL, Figures, Record
from headcast.evaluation.report.bootstrap import Comparison, mean_interval
from headcast.evaluation.report.distances import by_distance
from headcast.evaluation.report.tables import (
    Table,
    compare_rivals,
    compare_shots,
    mean_figures,
    present_rivals,
    table_of,
    worst_first,
)
from headcast.evaluation.run import Evaluation

Summary = dict[str, Any]
"""Plain data, ready for JSON."""


def summarise(evaluation: Evaluation, seed: int) -> Summary:
    """Summarise each table: means over identities by rival, and ours against every other with 95 % intervals."""
    judged = {num_shots: records for num_shots, records in evaluation.self_reenactment.items() if records}
    return {
        "self_reenactment": {
            str(num_shots): {
                **summarise_table(records, seed),
                "num_shots": _shots_of(records),
                "feature_sets": _feature_sets(records),
                "sides": [f(record.facts["side"] for record in records) for f in (min, max)],
                "by_distance": by_distance(records),
                "milliseconds": float(np.median([record.facts["milliseconds"] for record in records])),
            }
            for num_shots, records in judged.items()
        },
        "over_shots": _over_shots(judged, seed),
        "curves": _curves(judged, seed),
        "cross_reenactment": {
            **summarise_table(evaluation.cross_reenactment, seed),
            "num_shots": _shots_of(evaluation.cross_reenactment),
        }
        if evaluation.cross_reenactment
        else None,
        "pairs_worst_first": [
            {"name": record.name, **record.figures[OURS]} for record in worst_first(evaluation.cross_reenactment, OURS)
        ],
        "left_out": evaluation.left_out,
    }


def summarise_table(records: Sequence[Record], seed: int) -> Summary:
    """Summarise records that belong together."""
    table = table_of(records)
    return {
        "num_clips": len(records),
        "num_identities": len(next(iter(table.values()))),
        "num_frames": sum(record.facts["num_targets"] for record in records),
        "num_opening": sum(record.facts.get("num_opening", 0) for record in records),
        "runs_on": sorted({record.facts["runs_on"] for record in records}),
        "means": {rival: mean_figures(people) for rival, people in table.items()},
        "ours_against": _against(table, OURS, seed),
        "tuned_against": _against(table, TUNED, seed),
    }


def _shots_of(records: Sequence[Record]) -> list[int]:
    """Return the fewest and the most shots that were at hand."""
    return [f(record.facts["num_shots"] for record in records) for f in (min, max)]


def _against(table: Table, first: str, seed: int) -> Summary:
    """Compare one rival with every other; nothing where it is not judged."""
    if first not in table:
        return {}
    return {
        rival: {name: _plain(found) for name, found in compare_rivals(table, first, rival, seed).items()}
        for rival in table
        if rival != first
    }


def _over_shots(judged: Mapping[int, Sequence[Record]], seed: int) -> Summary:
    """Compare ours and ours tuned with themselves from each T to the next, over the same people."""
    counts = sorted(judged)
    return {
        rival: {
            f"{more} against {fewer}": {
                name: _plain(found) for name, found in compare_shots(judged[more], judged[fewer], rival, seed).items()
            }
            for fewer, more in pairwise(counts)
        }
        for rival in (OURS, TUNED)
        if any(rival in record.figures for records in judged.values() for record in records)
    }


def _curves(judged: Mapping[int, Sequence[Record]], seed: int) -> Summary:
    """Return by figure and rival what a curve over T needs: points of T, mean and the mean's interval."""
    curves: dict[str, dict[str, list[list[float]]]] = {}
    for num_shots, records in sorted(judged.items()):
        for rival, people in table_of(records).items():
            for name, mean in mean_figures(people).items():
                values = [person.get(name, float("nan")) for person in people]
                point = [num_shots, mean, *mean_interval(values, seed)]
                curves.setdefault(name, {}).setdefault(rival, []).append(point)
    return curves


def _plain(comparison: Comparison) -> Summary:
    """Return a comparison without what is not finite, such as the ratio to a rival's 0: JSON has no word for it."""
    return {name: value for name, value in asdict(comparison).items() if np.isfinite(value).all()}


def _feature_sets(records: Sequence[Record]) -> dict[str, Figures]:
    """Return FID and KID by rival over all frames, with each network that has features of all of them."""
    feature_sets: dict[str, Figures] = {}
    for network in records[0].vectors:
        for rival in present_rivals(records):
            parts = [record.vectors.get(network, {}) for record in records]
            if all(rival in part for part in parts):
                outputs, real = (np.concatenate([part[who] for part in parts]) for who in (rival, REAL))
                if len(real) >= MIN_FRAMES:
                    feature_sets.setdefault(rival, {}).update(feature_set_distances(outputs, real, network))
    return feature_sets
