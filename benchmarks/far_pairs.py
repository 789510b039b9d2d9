"""Clips and checkpoints in; how much closer than the warped shots each comes where shot and target lie far apart, out.

Pairs are drawn as in training (half of the targets from the quarter of a clip that is farthest in pose and expression,
a quarter by an event), of people whom the checkpoints have not seen, with one and with eight warped shots. All rivals
see the same pairs. Means are over people, intervals hold 95 %.

    python benchmarks/far_pairs.py --clips CLIPS --list CLIPS.csv --split val --squeezenet SQUEEZENET
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from _machine import print_machine
from tqdm import tqdm

from headcast.cli.arguments import whole_number
from headcast.data.clips import Clip, find_clips, load_clips
from headcast.data.episodes import Arrays, EpisodeSettings, FrameDistances, make_episode, stack
from headcast.errors import CheckpointError, HeadcastError
from headcast.evaluation.baselines import WARP
from headcast.evaluation.bootstrap import compare_paired
from headcast.evaluation.judges import Judges, judge_frame, load_judges
from headcast.evaluation.tables import Table, mean_figures
from headcast.networks.checkpoint import default_checkpoint_path, load_checkpoint
from headcast.networks.lite_generator import WARPED
from headcast.networks.model import Model
from headcast.networks.tensors import tensor_to_image
from headcast.training.episode import batch_from_arrays
from headcast.training.precision import autocast
from headcast.types import Shot

SHOWN = ("head", "mouth", "eyes", "full")


def main() -> None:
    """Judge every pair and print a table for each number of shots."""
    options = parse_options()
    print_machine()
    judges = load_judges(options.squeezenet)
    models = {str(path): load_checkpoint(path) for path in options.checkpoints or [default_checkpoint_path()]}
    for path, model in models.items():
        if not model.config.reads_warped_shot:
            raise CheckpointError(
                f"{path} reads no warped shot, so there is nothing to compare; give a lite checkpoint"
            )
    clips = list(load_clips(find_clips(options.clips, options.list, options.split)))
    for num_shots in options.shots:
        people: dict[str, dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
        for clip in tqdm(clips, unit="clip"):
            for episode, target in draw_pairs(clip, num_shots, options.pairs, options.seed):
                for rival, figures in judge_pair(episode, target, models, judges).items():
                    people[rival][clip.identity].append(figures)
        table = {rival: [mean_figures(pairs) for pairs in own.values()] for rival, own in people.items()}
        print(f"T = {num_shots}, {len(table[WARP])} people, {len(clips) * options.pairs} pairs")
        print_table(table)


def draw_pairs(clip: Clip, num_shots: int, count: int, seed: int) -> Iterator[tuple[Arrays, Shot]]:
    """Draw shots and a target `count` times; a number of shots does not change where the first and the target lie."""
    distances = FrameDistances(clip)
    for number in range(count):
        random = np.random.default_rng([seed, number])
        first = int(random.integers(len(clip)))
        wanted = distances.draw_target(first, random)
        shots = [clip.shot(each) for each in (first, *distances.draw_shots(num_shots - 1, wanted, random))]
        target = clip.shot(wanted)
        settings = EpisodeSettings(num_shots=len(shots), disguise=False)
        yield make_episode(shots, target.landmarks, target, shots, 0, settings), target


@torch.no_grad()
def judge_pair(episode: Arrays, target: Shot, models: dict[str, Model], judges: Judges) -> dict[str, dict[str, float]]:
    """Judge the warp and what each model makes of it."""
    batch = batch_from_arrays(stack([episode]))
    frames = {WARP: batch.conditioning[:, WARPED]}
    for name, model in models.items():
        with autocast(torch.device("cpu"), "auto"):
            embedding = model.embedder.embed_shots(batch.shots, batch.shot_landmark_images)
            frames[name] = model.generator(batch.conditioning, model.generator.project(embedding)).image
    return {rival: judge_frame(judges, tensor_to_image(frame[0].float()), target) for rival, frame in frames.items()}


def print_table(table: Table) -> None:
    """Print a line for each figure and checkpoint: the warp, the checkpoint, and how they differ."""
    name = next(name for name in table[WARP][0] if name.endswith(" head")).removesuffix(" head")
    for region in SHOWN:
        warp = [person[f"{name} {region}"] for person in table[WARP]]
        for rival in [rival for rival in table if rival != WARP]:
            result = compare_paired([person[f"{name} {region}"] for person in table[rival]], warp, 0)
            low, high = result.relative_interval
            print(
                f"{name} {region:6} warp {result.second:.4f}  ours {result.first:.4f}  "
                f"{result.relative:+.1%} ({low:+.1%} to {high:+.1%})  {rival}"
            )


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, nargs="+", help="default: the weights that come with the package")
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips")
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split; default: all clips")
    parser.add_argument("--split", help="which split of the list; default: all")
    parser.add_argument("--squeezenet", type=Path, required=True, help="SqueezeNet 1.1 features, safetensors")
    parser.add_argument("--shots", type=whole_number(1, 32), nargs="+", default=[1, 8], help="default: %(default)s")
    parser.add_argument("--pairs", type=whole_number(1), default=5, help="from each clip; default: %(default)s")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"far_pairs: {error}") from None
