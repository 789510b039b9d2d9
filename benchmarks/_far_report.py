"""Judged far pairs in, their tables printed: means over people, comparisons, by distance, and the worst."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headcast.evaluation.methods.baselines import WARP
from headcast.evaluation.metrics.judges import BACKGROUND, EDGES, STILL_RING, STREAKS
from headcast.evaluation.records import Record
from headcast.evaluation.report.distances import by_distance
from headcast.evaluation.report.tables import Table, compare_rivals, mean_figures

SEED = 0
BEFORE = " before"  # what the rivals of another version of the code are called after
NUM_WORST = 8
REGIONS = (" head", " ring", f" {STILL_RING}", " below chin")  # of LPIPS, in the tables by distance


@dataclass(frozen=True)
class Judged:
    """One pair, and the figures of its rivals."""

    name: str
    identity: str
    figures: dict[str, dict[str, float]]
    changes: dict[str, float]  # from shot to target, in pose and expression, in usual spreads


def print_report(num_shots: int, judged: Sequence[Judged]) -> None:
    """Print the means over people of every rival, how they differ, and the worst pairs."""
    rivals = list(judged[0].figures)
    table = table_of(judged)
    print(f"\nT = {num_shots}: {len(table[WARP])} people, {len(judged)} pairs")
    width = max(len(name) for name in mean_figures(table[WARP])) + 2
    print(" " * width + "".join(f"{rival:>20}" for rival in rivals))
    means = {rival: mean_figures(people) for rival, people in table.items()}
    for name in means[WARP]:
        print(f"{name:{width}}" + "".join(f"{means[rival].get(name, float('nan')):20.4f}" for rival in rivals))
    for first, second in compared(rivals):
        print(f"\n{first} against {second}, 95 % interval over people")
        for name, found in compare_rivals(table, first, second, SEED).items():
            low, high = found.relative_interval
            print(f"{name:{width}}{found.relative:+8.1%} ({low:+.1%} to {high:+.1%})")
    print_by_distance(judged, rivals)
    print_worst(judged, rivals)


def print_by_distance(judged: Sequence[Judged], rivals: Sequence[str]) -> None:
    """Print the means of the figures that show most for the nearer, middle and farther third of the pairs."""
    records = [
        Record(
            pair.name,
            pair.identity,
            {"changes": {kind: [change] for kind, change in pair.changes.items()}},
            {},
            rows={rival: [mean_figures([own])] for rival, own in pair.figures.items()},
        )
        for pair in judged
    ]
    for third in by_distance(records, rivals):
        low, high = third["limits"]
        print(f"\n{third['by']}, {third['third']} third ({low:.1f} to {high:.1f} spreads, {third['num_frames']} pairs)")
        for name in third["means"][WARP]:
            if name.startswith((EDGES, STREAKS, BACKGROUND)) or (name.startswith("LPIPS") and name.endswith(REGIONS)):
                shown = (f"{third['means'][rival].get(name, float('nan')):20.4f}" for rival in rivals)
                print(f"  {name:28}{''.join(shown)}")


def table_of(judged: Sequence[Judged]) -> Table:
    """Average each person's pairs, so that nobody counts twice."""
    people: dict[str, list[Judged]] = defaultdict(list)
    for pair in judged:
        people[pair.identity].append(pair)
    return {
        rival: [mean_figures([pair.figures[rival] for pair in own]) for own in people.values()]
        for rival in judged[0].figures
    }


def compared(rivals: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield who is compared: each with the warp, and with itself in another version of the code."""
    for rival in rivals:
        if rival != WARP and not rival.endswith(BEFORE):
            yield rival, WARP
        if rival + BEFORE in rivals:
            yield rival, rival + BEFORE
            if rival != WARP:
                yield rival, WARP + BEFORE


def print_worst(judged: Sequence[Judged], rivals: Sequence[str]) -> None:
    """Name the pairs in which ours is farthest from the target, to look at."""
    ours = next(rival for rival in rivals if rival != WARP)
    names = [name for name in judged[0].figures[ours] if name.startswith("LPIPS") and name.endswith(("head", "full"))]
    for name in names:
        worst = sorted(judged, key=lambda pair: -pair.figures[ours][name])[:NUM_WORST]
        print(f"\nworst by {name}: " + ", ".join(f"{pair.name} {pair.figures[ours][name]:.3f}" for pair in worst))
