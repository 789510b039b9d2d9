"""A folder of photos in, which of them to use for an avatar out: `headcast photos check`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from headcast.cli.arguments import common_options
from headcast.cli.report import Report

SUMMARY = "find out which photos help an avatar, and what is missing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast photos` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check", help="say of each photo in a folder whether it helps, and why not", parents=[common_options()]
    )
    check.add_argument("folder", type=Path, metavar="FOLDER")
    check.add_argument("-o", "--output", type=Path, metavar="SHEET.png", help="draw a contact sheet, too")


def run(options: argparse.Namespace) -> Report:
    """Measure every photo; nothing is changed in the folder."""
    from headcast.personalization.check import check_photos
    from headcast.personalization.coach import LEAVE_OUT
    from headcast.printable import printable

    found = check_photos(options.folder, options.output)
    lines = [printable(f"{photo.file.name}: {photo.verdict}: {photo.reason}") for photo in found.photos]
    used = sum(photo.verdict != LEAVE_OUT for photo in found.photos)
    lines.append(f"{used} of {len(found.photos)} photos would be used")
    if found.missing:
        lines.append(f"missing: {', '.join(found.missing)}")
    if options.output:
        lines.append(f"{options.output}: contact sheet")
    data = {"folder": options.folder, "num_used": used, "contact_sheet": options.output}
    return Report(tuple(lines), {**data, **asdict(found)})
