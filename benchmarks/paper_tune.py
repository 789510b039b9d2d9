"""Clips of new people and weights of the paper's form in; how near tuning on 8 shots brings held-out frames, out.

Shots come from the first 45 % of a clip, held-out frames from its last 45 %, as in `headcast evaluate`. Every rival is
judged at 256 pixels against the real frames; the real frames at the networks' size are the most that tuning can reach.
Who is seen in a frame is asked too: whose 8 shots lie nearest to it, among all the people of the run?

    python benchmarks/paper_tune.py --clips CLIPS --list CLIPS.csv --split val --checkpoint RUN/checkpoint.safetensors \
        --vgg19 VGG19 --squeezenet SQUEEZENET --identity-net FACE_ID --landmarks68 LANDMARKS
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from _machine import print_machine
from numpy.typing import NDArray

from headcast.avatars.avatar import Avatar
from headcast.avatars.from_torch import avatar_of, tuned_avatar
from headcast.avatars.traced import rebuild_generator
from headcast.data.clips import Clip, find_clips, load_clips
from headcast.data.episodes import resize_shot
from headcast.errors import HeadcastError
from headcast.evaluation.machine import describe_machine
from headcast.evaluation.metrics.identity import IdentityJudge, load_identity_judge
from headcast.evaluation.metrics.landmarks68 import LandmarkFinder68, landmark_errors, load_landmark_finder
from headcast.evaluation.metrics.lpips import PerceptualDistance, perceptual_distance
from headcast.evaluation.metrics.pixels import region_mean, ssim_map
from headcast.evaluation.metrics.regions import judged_regions
from headcast.evaluation.metrics.trunks import load_trunk
from headcast.evaluation.protocol import Split, split_clip
from headcast.evaluation.records import Figures
from headcast.evaluation.report.bootstrap import Comparison, compare_paired
from headcast.evaluation.report.tables import mean_figures
from headcast.media.images import write_image
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.features import load_vgg19
from headcast.networks.model import Model
from headcast.networks.tensors import images_to_tensor, tensor_to_image
from headcast.personalization.tuning import person_of, tune, tune_config
from headcast.provenance.marks import Marks, fingerprint
from headcast.training.candidates import reason
from headcast.training.content import FeatureNetworks
from headcast.types import Image, Landmarks, Shot
from headcast.warping.draw import draw_landmark_image

NUM_SHOTS = 8
NUM_TARGETS = 16
SHEET_COLUMNS, SHEET_TILE = 5, 112
FEED_FORWARD, TUNED, CEILING = "feed-forward", "tuned", "real, reduced"
RECOGNISED = "recognised"

Frames = Mapping[str, list[Image]]
"""By rival, one frame for each target."""


@dataclass(frozen=True)
class Judges:
    """Three networks that no loss here looks at."""

    perceptual: PerceptualDistance
    identity: IdentityJudge
    finder: LandmarkFinder68

    def figures(self, output: Image, target: Shot) -> Figures:
        """How far an output is from its target."""
        regions = judged_regions(target.landmarks, target.matte)
        distances, similarities = self.perceptual.distance_map(output, target.image), ssim_map(output, target.image)
        points, true_points = (self.finder.find(image, target.landmarks) for image in (output, target.image))
        return {
            "LPIPS head": region_mean(distances, regions["head"]),
            "LPIPS mouth": region_mean(distances, regions["mouth"]),
            "SSIM head": region_mean(similarities, regions["head"]),
            "CSIM": self.identity.similarity(output, target.image, target.landmarks),
            "landmark error": landmark_errors(points, true_points)["all"],
        }


@dataclass(frozen=True)
class Judged:
    """One clip: each rival's figures and face vectors (targets, 256), the mean vector of the shots, and the tuning."""

    clip: str
    identity: str
    figures: dict[str, Figures]
    vectors: dict[str, NDArray[np.float32]]
    own: NDArray[np.float32]
    reason: str
    seconds: float


def main() -> None:
    """Tune on every clip, print the table and write the JSON."""
    options = parse_options()
    print_machine()
    model, features = load_checkpoint(options.checkpoint), FeatureNetworks(load_vgg19(options.vgg19))
    judges = Judges(
        perceptual_distance(load_trunk(options.squeezenet)),
        load_identity_judge(options.identity_net),
        load_landmark_finder(options.landmarks68),
    )
    people: list[Judged] = []
    for clip in load_clips(find_clips(options.clips, options.list, options.split)[: options.limit]):
        split = split_clip(clip, NUM_SHOTS, options.seed, NUM_TARGETS)
        if len(split.shots) < NUM_SHOTS:
            print(f"{clip.name} is left out: too short for {NUM_SHOTS} shots")
            continue
        people.append(judge_clip(clip, split, model, judges, features, options))
        print(f"{clip.name}: {people[-1].reason}; {people[-1].seconds:.0f} s", flush=True)
    table = table_of(people)
    comparisons = compare(table, options.seed) if len(people) > 1 else {}
    print_table(table, comparisons)
    strangers = similarity_to_strangers(people)
    print(f"CSIM of real, reduced frames with other people's shots: {strangers:.3f}")
    if options.json:
        result = {
            "machine": describe_machine(),
            "clips": {
                one.clip: {"figures": one.figures, "tuning": one.reason, "seconds": one.seconds} for one in people
            },
            "means": {rival: mean_figures(rows) for rival, rows in table.items()},
            "strangers_csim": strangers,
            "tuned_to_feed_forward": {name: asdict(comparison) for name, comparison in comparisons.items()},
        }
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def judge_clip(
    clip: Clip, split: Split, model: Model, judges: Judges, features: FeatureNetworks, options: argparse.Namespace
) -> Judged:
    """Tune on a clip's shots and judge its held-out frames before and after."""
    shots, targets = ([clip.shot(number) for number in numbers] for numbers in (split.shots, split.targets))
    started = time.monotonic()
    before, after, why = tuned_avatars(shots, model, features, options.steps, options.seed)
    seconds = time.monotonic() - started
    size = model.config.image_size
    frames = {
        FEED_FORWARD: draw(before, targets),
        TUNED: draw(after, targets),
        CEILING: [_resized(resize_shot(target, size).image, target.image.shape[0]) for target in targets],
    }
    if options.sheets:
        marks = Marks(
            kind="picture",
            model=options.checkpoint.name,
            model_sha256=fingerprint(options.checkpoint),
            source_sha256=(),
        )
        write_image(options.sheets / f"{clip.name}.webp", sheet(shots, targets, frames), marks.to_metadata())
    figures = {
        rival: mean_figures([judges.figures(*pair) for pair in zip(outputs, targets, strict=True)])
        for rival, outputs in frames.items()
    }
    landmarks = [target.landmarks for target in targets]
    vectors = {rival: _vectors(judges.identity, outputs, landmarks) for rival, outputs in frames.items()}
    own = _vectors(judges.identity, [shot.image for shot in shots], [shot.landmarks for shot in shots]).mean(0)
    return Judged(clip.name, clip.identity, figures, vectors, own, why, seconds)


def tuned_avatars(
    shots: Sequence[Shot], model: Model, features: FeatureNetworks, steps: int | None, seed: int
) -> tuple[Avatar, Avatar, str]:
    """The avatar before and after tuning, and why what was kept was kept."""
    size = model.config.image_size
    small = [resize_shot(shot, size) for shot in shots]
    person = person_of(small, model.config, seed)
    config = tune_config(model, person, len(small), features, steps=steps, seed=seed)
    tuned = tune(model, small, person, config, features)
    after = tuned_avatar(model.config, tuned.generator, tuned.adain_parameters, small)
    return avatar_of(model, small), after, reason(tuned.candidates, tuned.kept, f"{person.num_held_out} held-out shots")


@torch.inference_mode()
def draw(avatar: Avatar, targets: Sequence[Shot]) -> list[Image]:
    """The avatar's frames for the targets' landmarks, at the targets' size."""
    size = avatar.image_size
    images = [draw_landmark_image(resize_shot(target, size).landmarks, size) for target in targets]
    parameters = torch.from_numpy(avatar.adain_parameters).expand(len(images), -1)
    output = rebuild_generator(avatar.config, avatar.weights)(images_to_tensor(images), parameters).image
    return [
        _resized(tensor_to_image(frame), target.image.shape[0]) for frame, target in zip(output, targets, strict=True)
    ]


def table_of(people: Sequence[Judged]) -> dict[str, list[Figures]]:
    """By rival, each identity's figures, with the share of its frames that are nearest to its own shots."""
    identities = [one.identity for one in people]
    known = np.stack([one.own / np.linalg.norm(one.own) for one in people])
    table: dict[str, list[Figures]] = {rival: [] for rival in people[0].figures}
    for identity in dict.fromkeys(identities):
        own = [one for one in people if one.identity == identity]
        for rival, rows in table.items():
            nearest = np.concatenate([(one.vectors[rival] @ known.T).argmax(1) for one in own])
            share = float(np.mean([identities[number] == identity for number in nearest]))
            rows.append({**mean_figures([one.figures[rival] for one in own]), RECOGNISED: share})
    return table


def similarity_to_strangers(people: Sequence[Judged]) -> float:
    """The mean CSIM of people's real frames with the shots of others: likeness by chance; NaN for one person."""
    pairs = [
        float((one.vectors[CEILING] @ other.own).mean() / np.linalg.norm(other.own))
        for one in people
        for other in people
        if one.identity != other.identity
    ]
    return float(np.mean(pairs)) if pairs else float("nan")


def compare(table: Mapping[str, list[Figures]], seed: int) -> dict[str, Comparison]:
    """Tuned against feed-forward, figure by figure, over the identities."""
    comparisons = {}
    for name in mean_figures(table[TUNED]):
        tuned, before = ([one[name] for one in table[rival]] for rival in (TUNED, FEED_FORWARD))
        comparisons[name] = compare_paired(tuned, before, seed)
    return comparisons


def print_table(table: Mapping[str, list[Figures]], comparisons: Mapping[str, Comparison]) -> None:
    """One line a figure: the rivals' means, then tuned minus feed-forward with its 95 % interval."""
    means = {rival: mean_figures(rows) for rival, rows in table.items()}
    print(f"{'':16}{''.join(f'{rival:>16}' for rival in means)}   tuned - feed-forward")
    for name in means[TUNED]:
        line = f"{name:16}" + "".join(f"{means[rival][name]:16.3f}" for rival in means)
        if comparison := comparisons.get(name):
            low, high = comparison.difference_interval
            line += f"   {comparison.difference:+.3f} ({low:+.3f} to {high:+.3f}), n = {comparison.num_identities}"
        print(line)


def sheet(shots: Sequence[Shot], targets: Sequence[Shot], frames: Frames) -> Image:
    """Rows: some shots, then for some targets the tuned and the real frame."""
    chosen = np.linspace(0, len(targets) - 1, SHEET_COLUMNS).round().astype(int).tolist()
    rows = [[shot.image for shot in shots[:SHEET_COLUMNS]]]
    rows.append([frames[TUNED][number] for number in chosen])
    rows.append([targets[number].image for number in chosen])
    size = (SHEET_TILE, SHEET_TILE)
    tiles = [[cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in row] for row in rows]
    return np.vstack([np.hstack(row) for row in tiles]).astype(np.uint8, copy=False)


def _vectors(judge: IdentityJudge, images: Sequence[Image], landmarks: Sequence[Landmarks]) -> NDArray[np.float32]:
    return np.stack([judge.vector(image, points) for image, points in zip(images, landmarks, strict=True)])


def _resized(image: Image, side: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips")
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split; default: all clips")
    parser.add_argument("--split", help="which split of the list; default: all")
    parser.add_argument("--checkpoint", type=Path, required=True, help="weights of the paper's form")
    parser.add_argument("--vgg19", type=Path, required=True, help="content loss: VGG19, safetensors")
    parser.add_argument("--squeezenet", type=Path, required=True, help="SqueezeNet 1.1 features, safetensors")
    parser.add_argument("--identity-net", type=Path, required=True, help="face recognition, ONNX")
    parser.add_argument("--landmarks68", type=Path, required=True, help="second landmark finder, ONNX")
    parser.add_argument("--steps", type=int, help="of tuning; default: as `headcast personalize`")
    parser.add_argument("--limit", type=int, help="only the first N clips")
    parser.add_argument("--sheets", type=Path, help="folder for a picture of each clip: private, if the clips are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"paper_tune: {error}") from None
