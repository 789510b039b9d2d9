"""Command-line words in, one command's work done; the exit code out.

0: done. 1: done, and the answer is no (`verify`, `doctor`). 2: the user can fix it, one line on stderr says how.
130: interrupted. 143: ended by SIGTERM, 129 by SIGHUP. Anything else is a defect of Headcast and keeps its traceback.
"""

import argparse
import contextlib
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import headcast
from headcast.cli.arguments import Parser, canonical, common_options
from headcast.cli.report import Report, failure_as_json
from headcast.cli.signals import ended_by_signals
from headcast.cli.terminal import accept_any_text, announce, complain, start_log, what_happened, write_report
from headcast.errors import EXTRAS, HeadcastError, needs_package

COMMANDS: Final = (
    "animate",
    "live",
    "call",
    "personalize",
    "photos",
    "avatar",
    "studio",
    "serve",
    "demo",
    "motion",
    "prepare",
    "data",
    "train",
    "evaluate",
    "study",
    "verify",
    "doctor",
    "bench",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are the words after `headcast` (default: those of this process)."""
    words = canonical(sys.argv[1:] if arguments is None else arguments)
    accept_any_text()
    # What the other commands declare takes longer to import than this one takes to begin.
    parser = build_parser(words[:1] if words and words[0] in COMMANDS else COMMANDS)
    if not words:
        return write_report([parser.format_help().rstrip()], 0, as_it_is=True)
    options = parser.parse_args(words)
    start_log(options.log_level)
    try:
        announce(options.command)
        with ended_by_signals(), contextlib.redirect_stdout(sys.stderr):  # stdout carries the report and nothing else
            report = _run(options)
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except (HeadcastError, OSError, MemoryError) as error:
        message = what_happened(error)
        logging.getLogger(__name__).debug("where it happened", exc_info=error)
        complain(f"error: {message}")
        return write_report([failure_as_json(options.command, message)] if options.json else [], 2)
    return write_report([report.as_json(options.command)] if options.json else report.lines, report.exit_code)


def _run(options: argparse.Namespace) -> Report:
    """Do the command's work; what takes a package of an extra says so where there is none."""
    try:
        report: Report = options.run(options)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        raise needs_package(f"headcast {options.command}", error.name, error, options.extra) from error
    return report


def build_parser(names: Sequence[str] = COMMANDS) -> Parser:
    """The parser of the whole program, or of some commands: one sub-parser per module of this folder."""
    parser = Parser(prog="headcast", description="A photo and a driving video in, a talking head out.")
    parser.add_argument("-v", "--version", action="version", version=f"headcast {headcast.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parser.set_defaults(json=False, log_level="warning", extra=None)
    for name in names:
        module = import_module(f"headcast.cli.{name}")
        command = commands.add_parser(
            name, help=module.SUMMARY, description=module.SUMMARY, parents=[common_options()], allow_abbrev=False
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
