"""The records of an evaluation in, its tables as plain data, ready for JSON and for the report, out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from headcast.evaluation.baselines import OURS, RIVALS, WARP
from headcast.evaluation.bootstrap import Comparison
from headcast.evaluation.distribution import MIN_FRAMES, crowd_distances
from headcast.evaluation.records import REAL, Figures, Record
from headcast.evaluation.run import Evaluation
from headcast.evaluation.tables import compare_rivals, mean_figures, table_of

Summary = dict[str, Any]
"""Plain data, ready for JSON."""


def summarise(evaluation: Evaluation, seed: int) -> Summary:
    """Summarise each table: means over identities by rival, and ours against every other with 95 % intervals."""
    return {
        "self_reenactment": {
            str(num_shots): {
                **summarise_table(records, seed),
                "crowds": _crowds(records),
                "by_motion": _by_motion(records),
                "milliseconds": float(np.median([record.facts["milliseconds"] for record in records])),
            }
            for num_shots, records in evaluation.self_reenactment.items()
            if records
        },
        "cross_reenactment": summarise_table(evaluation.cross_reenactment, seed)
        if evaluation.cross_reenactment
        else None,
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
        "ours_against": {
            rival: {name: _plain(found) for name, found in compare_rivals(table, OURS, rival, seed).items()}
            for rival in table
            if rival != OURS
        },
    }


def _plain(comparison: Comparison) -> Summary:
    """Return a comparison without what is not finite, such as the ratio to a rival's 0: JSON has no word for it."""
    return {name: value for name, value in asdict(comparison).items() if np.isfinite(value).all()}


def _crowds(records: Sequence[Record]) -> dict[str, Figures]:
    """Return FID and KID by rival over all frames; nothing without feature vectors."""
    if not all(record.vectors for record in records):
        return {}
    real = np.concatenate([record.vectors[REAL] for record in records])
    if len(real) < MIN_FRAMES:
        return {}
    rivals = [rival for rival in RIVALS if rival in records[0].vectors]
    outputs = {rival: np.concatenate([record.vectors[rival] for record in records]) for rival in rivals}
    return {rival: crowd_distances(outputs[rival], real) for rival in rivals}


def _by_motion(records: Sequence[Record]) -> list[Mapping[str, Any]]:
    """Return the means of ours and of the warp for the calmer and the livelier half of the clips."""
    ordered = sorted(records, key=lambda record: float(record.facts["motion"]))
    half = len(ordered) // 2
    if not half:
        return []
    return [
        {
            "motion": [float(part[0].facts["motion"]), float(part[-1].facts["motion"])],
            "num_clips": len(part),
            "means": {rival: mean_figures(table_of(part)[rival]) for rival in (WARP, OURS)},
        }
        for part in (ordered[:half], ordered[half:])
    ]
