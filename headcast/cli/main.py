"""Command-line words in, one command's work done; the exit code out.

0: done. 1: done, and the answer is no (`verify`, `doctor`). 2: the user can fix it, one line on stderr says how.
130: interrupted. 143: ended by SIGTERM, 129 by SIGHUP. Anything else is a defect of Headcast and keeps its traceback.
"""

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import headcast
from headcast.cli.arguments import Parser, canonical, common_options
from headcast.cli.report import Report, failure_as_json
from headcast.cli.signals import ended_by_signals
from headcast.errors import HeadcastError, needs_torch

COMMANDS: Final = (
    "animate",
    "personalize",
    "photos",
    "avatar",
    "demo",
    "motion",
    "prepare",
    "data",
    "train",
    "evaluate",
    "study",
    "verify",
    "doctor",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are the words after `headcast` (default: those of this process)."""
    options = build_parser().parse_args(canonical(sys.argv[1:] if arguments is None else arguments))
    logging.basicConfig(level=options.log_level.upper(), format="headcast: %(levelname)s: %(message)s", force=True)
    try:
        with ended_by_signals(), contextlib.redirect_stdout(sys.stderr):  # stdout carries the report and nothing else
            report = _run(options)
        print(report.as_json(options.command) if options.json else "\n".join(report.lines), flush=True)
    except HeadcastError as error:
        print(f"headcast: error: {error}", file=sys.stderr)
        if options.json:
            print(failure_as_json(options.command, str(error)))
        return 2
    except KeyboardInterrupt:
        print("headcast: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has left; point stdout elsewhere so that Python's own flush at exit stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return report.exit_code


def _run(options: argparse.Namespace) -> Report:
    """Do the command's work; what takes torch says so where there is none."""
    try:
        report: Report = options.run(options)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise needs_torch(f"headcast {options.command}", error) from error
    return report


def build_parser() -> Parser:
    """The parser of the whole program, one sub-parser per module of this folder named in COMMANDS."""
    parser = Parser(prog="headcast", description="A photo and a driving video in, a talking head out.")
    parser.add_argument("-v", "--version", action="version", version=f"headcast {headcast.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parser.set_defaults(json=False, log_level="warning")
    for name in COMMANDS:
        module = import_module(f"headcast.cli.{name}")
        command = commands.add_parser(
            name, help=module.SUMMARY, description=module.SUMMARY, parents=[common_options()], allow_abbrev=False
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
