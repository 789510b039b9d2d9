"""A driving video in, a motion file out, and what such files hold: `headcast motion extract | list | show`."""

import argparse
from pathlib import Path

from headcast.cli.arguments import common_options, motion_argument
from headcast.cli.report import Report
from headcast.types import Motion

SUMMARY = "make, list and look at motion files"

# Built-in motions are endless; this much of one is described.
_SHOWN_SECONDS = 10
_SHOWN_RATE = 25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast motion` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    extract = actions.add_parser("extract", help="save the motion of a video's face", parents=[common_options()])
    extract.add_argument("video", type=Path)
    extract.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.motion")
    actions.add_parser("list", help="name the built-in motions", parents=[common_options()])
    show = actions.add_parser("show", help="say what a motion holds", parents=[common_options()])
    show.add_argument("motion", metavar="NAME_OR_FILE")


def run(options: argparse.Namespace) -> Report:
    """Do the action asked for."""
    return {"extract": _extract, "list": _list, "show": _show}[options.action](options)
