"""Pairs of photos of one person in; how well each photo is made from the other, before and after tuning, out.

One photo is the shot, the other the frame to be made again from its landmarks, and the other way round: few-shot
learning from 1 to 1, across expressions (neutral and smiling, say). Means are over people, intervals hold 95 %.

    python benchmarks/photo_pairs.py --photos PHOTOS --list PHOTOS.csv --split val --squeezenet SQUEEZENET
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from _machine import print_machine
from tqdm import tqdm

from headcast.avatars.weights import Weights, load_weights
from headcast.errors import HeadcastError
from headcast.evaluation.methods.baselines import OURS, TUNED, WARP, Rivals, Tuned
from headcast.evaluation.methods.tuned import tune_avatar
from headcast.evaluation.metrics.judges import Judges, judge_frame, load_judges
from headcast.evaluation.report.bootstrap import compare_paired
from headcast.evaluation.report.tables import mean_figures
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import Model
from headcast.networks.notes import default_checkpoint_path
from headcast.reenact.sitter import load_sitter
from headcast.types import Shot

Figures = dict[str, dict[str, float]]
"""Figure by name, by rival."""


def main() -> None:
    """Judge every pair and print the table."""
    options = parse_options()
    print_machine()
    judges = load_judges(options.squeezenet, [options.identity_net] if options.identity_net else [])
    path = options.checkpoint or default_checkpoint_path()
    model, weights = load_checkpoint(path), load_weights(path)
    people = []
    for paths in tqdm(read_pairs(options.photos, options.list, options.split)[: options.limit], unit="person"):
        first, second = (load_sitter(path).shot for path in paths)
        ways = [judge_way(*way, model, weights, judges, options.steps) for way in ((first, second), (second, first))]
        people.append({rival: mean_figures([way[rival] for way in ways]) for rival in ways[0]})
    print_table(people)


def read_pairs(folder: Path, list_path: Path, split: str | None) -> list[list[Path]]:
    """Return the two photos of everybody who has two in the list."""
    photos = defaultdict(list)
    with list_path.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            if split in (None, row.get("split")):
                photos[row["identity"]].append(folder / row["file"])
    return [paths for paths in photos.values() if len(paths) == 2]


def judge_way(shot: Shot, target: Shot, model: Model, weights: Weights, judges: Judges, steps: int) -> Figures:
    """Judge the target as the rivals make it from the shot."""
    avatar = tune_avatar(model, weights.close_ups, [shot], steps, seed=0)
    team = Tuned(avatar, TUNED, [shot])
    outputs = {**Rivals([shot], weights)(target.landmarks), **team(target.landmarks)}
    return {rival: judge_frame(judges, output, target) for rival, output in outputs.items()}


def print_table(people: Sequence[Figures]) -> None:
    """Print each figure's means, then how ours differs from the warp and tuned from ours, with intervals."""
    rivals = list(people[0])
    print(f"{len(people)} people")
    print(f"{'':34}{''.join(f'{rival:>19}' for rival in rivals)}   ours / warp - 1   tuned / ours - 1")
    for name in people[0][OURS]:
        line = f"{name:34}"
        for rival in rivals:
            line += f"{mean_figures([person[rival] for person in people])[name]:19.4f}"
        for first, second in ((OURS, WARP), (TUNED, OURS)):
            found = compare_paired([person[first][name] for person in people], [p[second][name] for p in people], 0)
            low, high = found.relative_interval
            line += f"   {found.relative:+.1%} ({low:+.1%} to {high:+.1%})"
        print(line)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--list", type=Path, required=True, help="CSV with columns file, identity, split")
    parser.add_argument("--split", help="which split of the list; default: all")
    parser.add_argument("--checkpoint", type=Path, help="default: the weights that come with the package")
    parser.add_argument("--squeezenet", type=Path, required=True, help="SqueezeNet 1.1 features, safetensors")
    parser.add_argument("--identity-net", type=Path, help="face recognition, ONNX; without it no CSIM")
    parser.add_argument("--steps", type=int, default=110, help="of tuning; default: %(default)s")
    parser.add_argument("--limit", type=int, help="only the first N people")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"photo_pairs: {error}") from None
