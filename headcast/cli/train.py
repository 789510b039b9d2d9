"""A folder of clips in, a run folder with a checkpoint out: `headcast train`."""

import argparse
import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headcast.cli.arguments import number, whole_number
from headcast.cli.report import Report
from headcast.errors import DataError

if TYPE_CHECKING:
    from headcast.data.clips import ClipFile

SUMMARY = "meta-train the networks on a folder of clips, one person in each"

_HELD_OUT_SHARE = 0.1  # of the people, for validation, where no list says who
_NUM_VALIDATION_BATCHES = 4
_PREFETCHED_BATCHES = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast train` understands."""
    parser.add_argument(
        "clips_dir", type=Path, metavar="CLIPS_DIR", help="one face per clip; PERSON_1.mp4 or PERSON/1.mp4"
    )
    parser.add_argument("--run-dir", type=Path, required=True, metavar="DIR", help="statistics, samples and checkpoint")
    parser.add_argument("--list", type=Path, metavar="CSV", help="columns file, identity, split (train, val)")
    parser.add_argument(
        "--preset", choices=("paper", "small_paper", "lite", "tiny"), default="lite", help="default: %(default)s"
    )
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=number(0.01, 1e6), metavar="M", help="train for so long")
    budget.add_argument("--samples", type=whole_number(1), metavar="N", help="train on so many episodes")
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR")
    parser.add_argument(
        "--batch-size",
        type=whole_number(1, 1024),
        default=8,
        metavar="N",
        help="episodes per step; default: %(default)s",
    )
    parser.add_argument(
        "--shots", type=whole_number(1, 32), default=3, metavar="K", help="per episode (K); default: %(default)s"
    )
    parser.add_argument("--vgg19", type=Path, metavar="FILE", help="content loss: VGG19, safetensors")
    parser.add_argument("--vggface", type=Path, metavar="FILE", help="content loss: VGGFace, safetensors")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")


def run(options: argparse.Namespace) -> Report:
    """Train until the budget is spent or the user interrupts; the report names the checkpoint."""
    import torch

    from headcast.data.clips import load_clips
    from headcast.data.episodes import EpisodeSampler, EpisodeSettings
    from headcast.face.draw import DRAWING_STYLE
    from headcast.media.prefetch import prefetch
    from headcast.networks.presets import PRESETS
    from headcast.training.config import training_config
    from headcast.training.episode import batch_from_arrays
    from headcast.training.run import RunFiles, train

    learned, held_out = ([*load_clips(files)] for files in split_clips(options.clips_dir, options.list))
    sizes = PRESETS[options.preset]
    settings = EpisodeSettings(options.batch_size, options.shots, sizes.image_size, sizes.embedder_image_size)
    sampler = EpisodeSampler(learned, settings, options.seed)
    judged = EpisodeSampler(held_out, replace(settings, disguise=False), options.seed).batches()
    checkpoint = train(
        training_config(options.preset, seed=options.seed, num_samples=options.samples, minutes=options.minutes),
        prefetch(map(batch_from_arrays, sampler.batches()), _PREFETCHED_BATCHES),
        [batch_from_arrays(arrays) for arrays in itertools.islice(judged, _NUM_VALIDATION_BATCHES)],
        RunFiles(options.run_dir, options.vgg19, options.vggface, options.resume),
        num_videos=len(learned),
        drawing_style=DRAWING_STYLE,
        device=options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu",
    )
    return Report((f"checkpoint: {checkpoint}",), {"checkpoint": checkpoint, "run_dir": options.run_dir})


def split_clips(folder: Path, list_path: Path | None) -> "tuple[list[ClipFile], list[ClipFile]]":
    """Clips to learn from, and clips of other people to judge by: as the list says, else one person in ten.

    DataError where all clips show one person.
    """
    from headcast.data.clips import find_clips

    if list_path:
        return find_clips(folder, list_path, "train"), find_clips(folder, list_path, "val")
    clips = find_clips(folder)
    people = sorted({clip.identity for clip in clips})
    if len(people) < 2:
        raise DataError(f"all clips in {folder} show one person, {people[0]}; add clips of somebody else to judge by")
    held_out = people[:: max(2, round(1 / _HELD_OUT_SHARE))]
    return [c for c in clips if c.identity not in held_out], [c for c in clips if c.identity in held_out]
