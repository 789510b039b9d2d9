"""Prepared shards in, whether they are sound, and pictures of what is in them, out: `headcast data check`."""

import argparse
from functools import partial
from pathlib import Path

from headcast.cli.arguments import common_options, whole_number
from headcast.cli.report import Report

SUMMARY = "look after prepared shards"

_MOST_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast data` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check", help="compare shards with their manifest, draw what they hold", parents=[common_options()]
    )
    check.add_argument("out", type=Path, metavar="OUT", help="a folder made by `headcast prepare`")
    check.add_argument("--workers", type=whole_number(1, 1024), metavar="N", help="processes; default: one a core")


def run(options: argparse.Namespace) -> Report:
    """Check all shards; the exit code is 1 where something is wrong."""
    from tqdm import tqdm

    from headcast.data.check import check_shards
    from headcast.data.check_pictures import write_pictures
    from headcast.data.manifest import read_manifest
    from headcast.data.workers import num_cores, run_here

    runner = partial(run_here, num_workers=options.workers or num_cores())
    with tqdm(total=read_manifest(options.out).num_clips, unit="clip", desc="check", disable=None) as bar:
        findings = check_shards(options.out, runner, bar.update)
    sheet, histograms = write_pictures(options.out, findings)
    problems, manifest = findings.problems, findings.manifest
    lines = [*problems[:_MOST_LINES]] + [f"... and {len(problems) - _MOST_LINES} more"] * (len(problems) > _MOST_LINES)
    if not problems:
        lines = [
            f"no problems: {manifest.num_clips} clips, {manifest.num_frames} frames in {len(manifest.shards)} shards"
        ]
    facts = {
        "problems": problems,
        "num_clips": manifest.num_clips,
        "num_frames": manifest.num_frames,
        "contact_sheet": sheet,
        "histograms": histograms,
    }
    return Report((*lines, f"pictures: {sheet}, {histograms}"), facts, int(bool(problems)))
