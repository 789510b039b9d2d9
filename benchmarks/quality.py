"""Clips of people and a checkpoint in; how much closer than the warped shot ours comes to the real frames, out.

Self-reenactment with one photo, on people the checkpoint has not seen: the most frontal frame of the first 45 % of a
clip is the shot; up to 32 frames of its last 45 % are to be made again from their landmarks. Three rivals see the
same frames: the photo unmoved, the warped shot alone, and ours. Means are over identities, intervals hold 95 %.

    python benchmarks/quality.py --clips CLIPS --list CLIPS.csv --split val --squeezenet squeezenet1_1.safetensors
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from _machine import describe_machine, print_machine
from tqdm import tqdm

from headcast.data.clips import Clip, find_clips, load_clips
from headcast.errors import HeadcastError
from headcast.evaluation.baselines import OURS, RIVALS, WARP, Rivals
from headcast.evaluation.bootstrap import Comparison, compare_paired
from headcast.evaluation.judges import Judges, judge_frame, load_judges, mouth_errors
from headcast.evaluation.landmarks68 import points_68
from headcast.evaluation.openings import mouth_opening, mouth_opens
from headcast.evaluation.protocol import NUM_TARGETS, split_clip
from headcast.networks.checkpoint import default_checkpoint_path, load_checkpoint
from headcast.networks.model import Model
from headcast.types import Shot

Figures = dict[str, float]
"""Figure by name."""


def main() -> None:
    """Judge every clip, print the table and write the JSON."""
    options = parse_options()
    print_machine()
    files = find_clips(options.clips, options.list, options.split)[: options.limit]
    judges = load_judges(options.squeezenet, options.identity_net, options.landmarks68)
    model = load_checkpoint(options.checkpoint or default_checkpoint_path())
    by_identity: dict[str, list[dict[str, Figures]]] = defaultdict(list)
    for clip in tqdm(load_clips(files), total=len(files), unit="clip"):
        by_identity[clip.identity].append(judge_clip(clip, judges, model, options.seed))
    table = {
        rival: [mean_figures([clip[rival] for clip in clips]) for clips in by_identity.values()] for rival in RIVALS
    }
    comparisons = dict(compare_with_warp(table, options.seed))
    print(f"{len(by_identity)} identities, {len(files)} clips")
    print_table(table, comparisons)
    if options.json:
        result = {
            "machine": describe_machine(),
            "identities": list(by_identity),
            "figures": table,
            "ours_to_warp": {name: asdict(comparison) for name, comparison in comparisons.items()},
        }
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def judge_clip(clip: Clip, judges: Judges, model: Model, seed: int) -> dict[str, Figures]:
    """Judge the rivals on one clip; each figure is the mean over the targets that have it."""
    split = split_clip(clip, num_shots=1, seed=seed)
    shot = clip.shot(split.shots[0])
    targets = [clip.shot(number) for number in split.targets]
    opens = mouth_opens(np.array([opening_of(target) for target in targets]), opening_of(shot))
    rivals = Rivals(shot, model)
    short = f" of {NUM_TARGETS}: a short clip" if len(targets) < NUM_TARGETS else ""
    tqdm.write(f"{clip.name}: ours on {rivals.name}, {len(targets)} targets{short}, {opens.sum()} with opening mouth")
    figures: dict[str, list[Figures]] = {rival: [] for rival in RIVALS}
    for target, opened in zip(targets, opens, strict=True):
        for rival, output in rivals(target.landmarks).items():
            judged = judge_frame(judges, output, target)
            figures[rival].append(judged | mouth_errors(judges, output, target) if opened else judged)
    return {rival: mean_figures(frames) for rival, frames in figures.items()}


def opening_of(shot: Shot) -> float:
    """Return the mouth opening by the landmarks that came with the frame."""
    return mouth_opening(points_68(shot.landmarks))


def mean_figures(parts: Sequence[Figures]) -> Figures:
    """Average each figure over the parts that have it."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: float(np.mean([part[name] for part in parts if name in part])) for name in names}


def compare_with_warp(table: dict[str, list[Figures]], seed: int) -> Iterator[tuple[str, Comparison]]:
    """Compare ours with the warped shot, figure by figure, over the identities that have it."""
    for name in mean_figures(table[OURS]):
        ours, warp = ([person.get(name, float("nan")) for person in table[rival]] for rival in (OURS, WARP))
        if np.isfinite(ours).sum() > 1:
            yield name, compare_paired(ours, warp, seed)


def print_table(table: dict[str, list[Figures]], comparisons: dict[str, Comparison]) -> None:
    """Print one line a figure: the rivals' means, then how ours differs from the warp, with its interval."""
    means = {rival: mean_figures(people) for rival, people in table.items()}
    print(f"{'':34}{''.join(f'{rival:>19}' for rival in RIVALS)}   ours / warp - 1, 95 % interval      n")
    for name in means[OURS]:
        line = f"{name:34}" + "".join(f"{means[rival][name]:19.4f}" for rival in RIVALS)
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
