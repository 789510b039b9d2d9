"""Records with figures of every frame in, means by how far shot and target lie apart out, in thirds.

Most clips are calm, and a mean over all frames hides what happens in large motion.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.methods.baselines import OURS, TUNED, WARP
from headcast.evaluation.records import Figures, Record
from headcast.evaluation.report.tables import mean_figures

KINDS: Final = ("pose", "expression")
THIRDS: Final = ("near", "middle", "far")
SHOWN: Final = (WARP, OURS, TUNED)


def by_distance(records: Sequence[Record], rivals: Sequence[str] = SHOWN) -> list[Mapping[str, Any]]:
    """Return by kind of distance and by third its limits (in usual spreads), how many frames, and means over people.

    The thirds hold equally many of all records' frames. Frames of one person are averaged first.
    """
    tables: list[Mapping[str, Any]] = []
    judged = [record for record in records if record.rows]
    for kind in KINDS if judged else ():
        changes = [np.array(record.facts["changes"][kind]) for record in judged]
        limits = np.quantile(np.concatenate(changes), (0, 1 / 3, 2 / 3, 1))
        for number, third in enumerate(THIRDS):
            # an upper limit belongs to the third above it, the last to the last
            inside = [np.digitize(own, limits[1:3]) == number for own in changes]
            means = {rival: _mean_over_people(judged, inside, rival) for rival in rivals if rival in judged[0].rows}
            num_frames = int(sum(own.sum() for own in inside))
            within = [float(limits[number]), float(limits[number + 1])]
            tables.append({"by": kind, "third": third, "limits": within, "num_frames": num_frames, "means": means})
    return tables


def _mean_over_people(records: Sequence[Record], inside: Sequence[NDArray[np.bool_]], rival: str) -> Figures:
    people: dict[str, list[Figures]] = defaultdict(list)
    for record, chosen in zip(records, inside, strict=True):
        rows = record.rows[rival]
        people[record.identity] += [row for row, wanted in zip(rows, chosen, strict=True) if wanted]
    return mean_figures([mean_figures(rows) for rows in people.values() if rows])
