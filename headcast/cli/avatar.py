"""An avatar file in, what it says about itself out: `headcast avatar show`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from headcast.cli.arguments import common_options
from headcast.cli.report import Report

SUMMARY = "look at avatar files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast avatar` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser(
        "show", help="say what an avatar was made of, and who consented", parents=[common_options()]
    )
    show.add_argument("avatar", type=Path)


def run(options: argparse.Namespace) -> Report:
    """Read one avatar's notes and marks, without loading it."""
    from headcast.avatars.avatar_file import read_avatar_notes
    from headcast.printable import printable
    from headcast.provenance.verify import read_marks

    notes, marks = read_avatar_notes(options.avatar), read_marks(options.avatar)
    width, height = notes.photo_size
    settings = {name: printable(str(value)) for name, value in sorted(notes.settings.items())}
    lines = [f"{options.avatar}: an avatar with a photo of {width}x{height} pixels"]
    if marks is None:
        lines.append("  no marks: it does not say what it was made from")
    else:
        lines.append(f"  made with {marks.tool} {marks.version} on {marks.created} from {marks.model}")
        lines.append(f"  consent: {marks.consent or 'no note'}")
    lines += [f"  {printable(name).replace('_', ' ')}: {settings[name]}" for name in settings if name != "candidates"]
    data = {"avatar": options.avatar, "photo_size": notes.photo_size, "settings": dict(notes.settings)}
    return Report(tuple(lines), {**data, "marks": asdict(marks) if marks else None})
