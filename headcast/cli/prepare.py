"""A folder or tar file of clips and photos in, shards to train from out: `headcast prepare`."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.errors import DataError

if TYPE_CHECKING:
    from headcast.data.manifest import Manifest

SUMMARY = "track and cut clips or photos once, into shards to train from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast prepare` understands."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder or tar file: VoxCeleb, clips or photos")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of shards; resumes one that was stopped")
    parser.add_argument("--list", type=Path, metavar="CSV", help="columns file, identity, optionally split, tier")
    parser.add_argument(
        "--max-rate",
        type=whole_number(1, 240),
        default=15,
        metavar="N",
        help="frames a second kept at most; default: %(default)s",
    )
    parser.add_argument(
        "--clips-per-shard", type=whole_number(1, 10_000), default=32, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--workers", type=whole_number(1), metavar="N", help="processes; default: one a core")
    parser.add_argument("--ray", metavar="ADDRESS", help="work on this Ray cluster, which sees the same files")


def run(options: argparse.Namespace) -> Report:
    """Make what is missing of the shards; the report says what is there and why some clips are not."""
    from tqdm import tqdm

    from headcast.data.prepare import prepare
    from headcast.data.sources import find_sources
    from headcast.data.unit import PrepareSettings
    from headcast.data.workers import num_cores, run_here, run_on_ray

    _check_apart(options.source, options.out)
    clips = find_sources(options.source, options.list)
    settings = PrepareSettings(options.clips_per_shard, options.max_rate)
    runner = (
        partial(run_on_ray, address=options.ray, num_workers=options.workers)
        if options.ray
        else partial(run_here, num_workers=options.workers or num_cores())
    )
    with tqdm(total=len(clips), unit="clip", desc="prepare", smoothing=0, disable=None) as bar:

        def show(num_done: int, num_before: int) -> None:
            bar.initial = num_before  # which says nothing about the rate
            bar.update(num_done - bar.n)

        manifest = prepare(clips, options.out, settings, runner, show)
    return _report(manifest, options.out)


def _check_apart(source: Path, out: Path) -> None:
    """The shards hold pictures too, which another run must not take for photos to prepare."""
    from headcast.data.manifest import is_shards

    if is_shards(source):
        raise DataError(f"{source} holds shards already; train from it, or give the folder they were made from")
    if out.resolve().is_relative_to(source.resolve()):
        raise DataError(f"{out} lies inside of {source}; give a folder elsewhere")


def _report(manifest: "Manifest", out: Path) -> Report:
    left_out = sum(manifest.left_out.values())
    reasons = ", ".join(f"{count} {reason}" for reason, count in manifest.left_out.items())
    people = sum(map(len, manifest.identities.values()))
    lines = [
        f"{out}: {manifest.num_clips} clips of {people} people, {manifest.num_frames} frames, "
        f"{len(manifest.shards)} shards, {manifest.num_bytes / 2**20:.0f} MB",
        f"left out: {left_out}" + (f" ({reasons})" if reasons else ""),
        f"took {manifest.measured['core_seconds']:.0f} core-seconds",
    ]
    facts = {
        "out": out,
        "num_clips": manifest.num_clips,
        "num_frames": manifest.num_frames,
        "num_shards": len(manifest.shards),
        "num_bytes": manifest.num_bytes,
        "num_people": {split: len(people) for split, people in manifest.identities.items()},
        "left_out": manifest.left_out,
        "measured": manifest.measured,
    }
    return Report(tuple(lines), facts)
