"""Far pairs of clips and checkpoints in; how good the pictures are where shot and target lie far apart, out.

The pairs are the fixed list `far_pairs.csv` (file, target, shots), or of your own clips another (`--plan`). Pictures
are made and judged at the clips' own resolution. Figures are means over people; intervals hold 95 %.

    python benchmarks/far_pairs.py --clips CLIPS --list CLIPS.csv --split val --squeezenet SQUEEZENET

Two versions of the code are compared on the same pairs in one run of the judges: the old version writes its pictures,
the new one reads them and judges both.

    python benchmarks/far_pairs.py ... --save before              # in the old version
    python benchmarks/far_pairs.py ... --against before           # in the new one
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from _far_report import BEFORE, SEED, Judged, print_report
from _machine import print_machine
from tqdm import tqdm

from headcast.avatars.weights import load_weights
from headcast.cli.arguments import whole_number
from headcast.data.clips import Clip, find_clips, load_clip
from headcast.data.episodes import FrameDistances
from headcast.data.native import native_shots
from headcast.errors import DataError, HeadcastError
from headcast.evaluation.far import FarPair, plan_far_pairs
from headcast.evaluation.methods.baselines import OURS, WARP
from headcast.evaluation.methods.frame_maker import FrameMaker
from headcast.evaluation.metrics.judges import Judges, judge_frame, load_judges
from headcast.evaluation.records import write_json
from headcast.evaluation.report.tables import mean_figures
from headcast.media.images import read_image, write_image
from headcast.networks.notes import default_checkpoint_path
from headcast.study.sheets import lay_rows
from headcast.types import Image, Shot

PAIRS_PATH = Path(__file__).with_name("far_pairs.csv")
NUM_PAIRS, NUM_SHOTS = 4, 8
ROWS = 4  # on a sheet
NOTE = {"comment": "From Headcast's far pairs: every picture but the first two of a row is synthetic."}


def main() -> None:
    """Judge every pair and print a table for each number of shots."""
    options = parse_options()
    if options.plan:
        write_pairs(options.pairs, list(load_all(options)))
        return
    print_machine()
    judges = load_judges(options.squeezenet, options.identity_net, lpips_path=options.lpips_net)
    paths = {path.stem: path for path in options.checkpoints or []} or {OURS: default_checkpoint_path()}
    makers = {name: FrameMaker(load_weights(path)) for name, path in paths.items()}
    pairs = read_pairs(options.pairs)
    clips = [clip for clip in load_all(options) if clip.video_path.name in pairs]
    if not clips:
        raise DataError(f"no clip of {options.pairs} is in {options.clips}; give its clips, or --plan a list of yours")
    for num_shots in options.shots:
        judged = list(judge_pairs(clips, pairs, num_shots, makers, judges, options))
        print_report(num_shots, judged)
        if options.json:
            save_json(options.json, num_shots, judged)


def judge_pairs(
    clips: Sequence[Clip],
    pairs: dict[str, list[FarPair]],
    num_shots: int,
    makers: dict[str, FrameMaker],
    judges: Judges,
    options: argparse.Namespace,
) -> Iterator[Judged]:
    """Make, keep and judge the pictures of every pair."""
    sheets = Sheets(options.sheet / f"T{num_shots}") if options.sheet else None
    for clip in tqdm(clips, unit="clip"):
        distances = FrameDistances(clip)
        for pair in pairs[clip.video_path.name]:
            shots, target = load_pair(clip, pair, num_shots)
            name = f"T{num_shots}_{clip.name}_{pair.shots[0]:04d}_{pair.target:04d}"
            frames = make_frames(makers, shots, target)
            if options.save:
                save_frames(options.save, name, frames)
            if options.against:
                frames |= read_frames(options.against, name, list(frames))
            if sheets:
                sheets.add(name, [shots[0].image, target.image, *frames.values()])
            figures = {rival: judge_frame(judges, frame, target, shots[0]) for rival, frame in frames.items()}
            expression, pose = (float(change[pair.target]) for change in distances.changes_from(pair.shots[0]))
            yield Judged(name, clip.identity, figures, {"pose": pose, "expression": expression})
    if sheets:
        sheets.close()


def load_all(options: argparse.Namespace) -> Iterator[Clip]:
    """Yield the clips asked for, tracked."""
    for file in find_clips(options.clips, options.list, options.split)[: options.limit]:
        yield load_clip(file)


def write_pairs(path: Path, clips: Sequence[Clip]) -> None:
    """Plan the pairs of clips and write them as a list: numbers of frames, nothing else."""
    with path.open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("file", "target", "shots"))
        for clip in clips:
            for pair in plan_far_pairs(clip, NUM_PAIRS, NUM_SHOTS, SEED):
                rows.writerow((clip.video_path.name, pair.target, " ".join(map(str, pair.shots))))


def read_pairs(path: Path) -> dict[str, list[FarPair]]:
    """Return a list's pairs by the clip's file; DataError for what is no list."""
    pairs = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8") as text:
            for row in csv.DictReader(text):
                pairs[row["file"]].append(FarPair(tuple(map(int, row["shots"].split())), int(row["target"])))
    except (OSError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise DataError(f"{path} is no list of pairs ({error}); expected columns file, target, shots") from error
    return pairs


def load_pair(clip: Clip, pair: FarPair, num_shots: int) -> tuple[list[Shot], Shot]:
    """Return up to `num_shots` of a pair's shots, and its target, at the clip's own resolution."""
    numbers = pair.shots[:num_shots]
    shots = native_shots(clip, [*numbers, pair.target])
    return [shots[number] for number in numbers], shots[pair.target]


def make_frames(makers: dict[str, FrameMaker], shots: Sequence[Shot], target: Shot) -> dict[str, Image]:
    """Return the warp alone and what each checkpoint makes, by rival."""
    frames: dict[str, Image] = {}
    for name, maker in makers.items():
        made = maker.both(shots, target.landmarks)
        frames |= {WARP: made.warp, name: made.ours}
    return frames


def save_frames(folder: Path, name: str, frames: dict[str, Image]) -> None:
    """Write the pictures of a pair, without loss."""
    for rival, frame in frames.items():
        path = folder / name / f"{rival}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, frame, NOTE)


def read_frames(folder: Path, name: str, rivals: Sequence[str]) -> dict[str, Image]:
    """Return the pictures that another version of the code wrote of a pair, under names that say so."""
    paths = {rival: folder / name / f"{rival}.png" for rival in rivals}
    return {rival + BEFORE: read_image(path) for rival, path in paths.items()}


class Sheets:
    """Writes sheets of a few rows: shot, target, the rivals, at full size."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._rows: list[tuple[str, list[Image]]] = []
        self._number = 0

    def add(self, name: str, images: list[Image]) -> None:
        """Lay one more row."""
        self._rows.append((name.split("_", 1)[1], images))
        if len(self._rows) == ROWS:
            self.close()

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            self._number += 1
            write_image(self._folder / f"sheet_{self._number:02d}.png", lay_rows(self._rows), NOTE)
            self._rows = []


def save_json(path: Path, num_shots: int, judged: Sequence[Judged]) -> None:
    """Write every pair's figures, the file's name with the number of shots in it."""
    rows = [
        {
            "name": pair.name,
            "identity": pair.identity,
            "changes": pair.changes,
            "figures": {rival: mean_figures([own]) for rival, own in pair.figures.items()},  # JSON has no NaN
        }
        for pair in judged
    ]
    write_json(path.with_stem(f"{path.stem}_T{num_shots}"), rows)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, nargs="+", help="default: the weights that come with the package")
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips")
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split; default: all clips")
    parser.add_argument("--split", help="which split of the list; default: all")
    parser.add_argument("--pairs", type=Path, default=PAIRS_PATH, help="list of pairs; default: the fixed one")
    parser.add_argument("--plan", action="store_true", help="write the list of pairs of these clips, and end")
    parser.add_argument("--limit", type=whole_number(1), help="only the first clips")
    parser.add_argument("--squeezenet", type=Path, help="SqueezeNet 1.1 features, safetensors")
    parser.add_argument("--lpips-net", type=Path, help="AlexNet or VGG16")
    parser.add_argument("--identity-net", type=Path, nargs="+", default=[], help="face recognition, ONNX")
    parser.add_argument("--shots", type=whole_number(1, NUM_SHOTS), nargs="+", default=[1, 8], help="default: 1 8")
    parser.add_argument("--save", type=Path, metavar="DIR", help="also write the pictures")
    parser.add_argument("--against", type=Path, metavar="DIR", help="also judge pictures that --save wrote")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="also write sheets: shot, target, warp, ours")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every pair's figures")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"far_pairs: {error}") from None
