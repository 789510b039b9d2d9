"""Clips of people and a checkpoint in; how much closer than the warped shot ours comes to the real frames, out.

Self-reenactment with one photo, on people the checkpoint has not seen: the most frontal frame of the first 45 % of a
clip is the shot; up to 32 frames of its last 45 % are to be made again from their landmarks. The rivals see the same
frames. Means are over identities, intervals hold 95 %. `headcast evaluate` measures the same, and more.

    python benchmarks/quality.py --clips CLIPS --list CLIPS.csv --split val --squeezenet squeezenet1_1.safetensors
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from _machine import describe_machine, print_machine
from tqdm import tqdm

from headcast.avatars.weights import Weights, load_weights
from headcast.data.clips import ClipFile, find_clips, load_clips
from headcast.errors import HeadcastError
from headcast.evaluation.methods.baselines import OURS, WARP, Rivals
from headcast.evaluation.metrics.judges import Judges, load_judges
from headcast.evaluation.protocol import NUM_TARGETS, split_clip
from headcast.evaluation.records import Record
from headcast.evaluation.report.bootstrap import Comparison
from headcast.evaluation.report.tables import Table, compare_rivals, mean_figures, table_of
from headcast.evaluation.self_reenactment import FromLandmarks, judge_clip
from headcast.networks.notes import default_checkpoint_path


def main() -> None:
    """Judge every clip, print the table and write the JSON."""
    options = parse_options()
    print_machine()
    files = find_clips(options.clips, options.list, options.split)[: options.limit]
    judges = load_judges(
        options.squeezenet, [options.identity_net] if options.identity_net else [], options.landmarks68
    )
    weights = load_weights(options.checkpoint or default_checkpoint_path())
    records = list(judge_clips(files, judges, weights, options.seed))
    identities = list(dict.fromkeys(record.identity for record in records))
    table = table_of(records)
    comparisons = compare_rivals(table, OURS, WARP, options.seed)
    print(f"{len(identities)} identities, {len(files)} clips")
    print_table(table, comparisons)
    if options.json:
        result = {
            "machine": describe_machine(),
            "identities": identities,
            "figures": table,
            "ours_to_warp": {name: asdict(comparison) for name, comparison in comparisons.items()},
        }
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def judge_clips(files: list[ClipFile], judges: Judges, weights: Weights, seed: int) -> Iterator[Record]:
    """Judge each clip with one shot, saying what is special about it."""
    for clip in tqdm(load_clips(files), total=len(files), unit="clip"):
        split = split_clip(clip, 1, seed)
        maker = FromLandmarks(Rivals([clip.shot(split.shots[0])], weights), clip, split.targets)
        record = judge_clip(clip, judges, maker, split, clip.name)
        facts = record.facts
        short = f" of {NUM_TARGETS}: a short clip" if facts["num_targets"] < NUM_TARGETS else ""
        tqdm.write(
            f"{clip.name}: ours on {facts['runs_on']}, {facts['num_targets']} targets{short}, "
            f"{facts['num_opening']} with opening mouth"
        )
        yield record


def print_table(table: Table, comparisons: dict[str, Comparison]) -> None:
    """Print one line a figure: the rivals' means, then how ours differs from the warp, with its interval."""
    means = {rival: mean_figures(people) for rival, people in table.items()}
    print(f"{'':34}{''.join(f'{rival:>19}' for rival in table)}   ours / warp - 1, 95 % interval      n")
    for name in means[OURS]:
        line = f"{name:34}" + "".join(f"{means[rival].get(name, float('nan')):19.4f}" for rival in table)
        if comparison := comparisons.get(name):
            low, high = comparison.relative_interval
            line += f"   {comparison.relative:+8.1%} ({low:+.1%} to {high:+.1%}){comparison.num_identities:9d}"
        print(line)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips")
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split; default: all clips")
    parser.add_argument("--split", help="which split of the list; default: all")
    parser.add_argument("--checkpoint", type=Path, help="default: the weights that come with the package")
    parser.add_argument("--squeezenet", type=Path, required=True, help="SqueezeNet 1.1 features, safetensors")
    parser.add_argument("--identity-net", type=Path, help="face recognition, ONNX; without it no CSIM")
    parser.add_argument("--landmarks68", type=Path, help="second landmark finder, ONNX")
    parser.add_argument("--limit", type=int, help="only the first N clips")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"quality: {error}") from None
