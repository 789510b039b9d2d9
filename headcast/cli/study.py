"""Clips of people in, a page that asks which picture is synthetic, and what people answered, out: `headcast study`."""

import argparse
import contextlib
import sys
from dataclasses import asdict
from pathlib import Path

from headcast.cli.arguments import common_options, whole_number
from headcast.cli.report import Report

SUMMARY = "ask people which picture is synthetic: build, serve and report a user study"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast study` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="make the pictures and the key", parents=[common_options()])
    build.add_argument("data", type=Path, metavar="CLIPS", help="folder of clips, one face each; PERSON_1.mp4")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="STUDY_DIR", help="new folder")
    build.add_argument("--model", type=Path, metavar="FILE", help="checkpoint; default: the weights of the package")
    build.add_argument("--list", type=Path, metavar="CSV", help="columns file, identity, split; default: all clips")
    build.add_argument("--split", metavar="NAME", help="which split of the list; default: all")
    build.add_argument(
        "--triplets", type=whole_number(1, 1000), metavar="N", help="default: one of each person, at most 40"
    )
    build.add_argument("--shots", type=whole_number(1, 32), default=1, metavar="T", help="default: %(default)s")
    build.add_argument(
        "--distance",
        choices=("any", "far"),
        default="any",
        help="between shots and generated moment, in pose and expression; default: %(default)s",
    )
    build.add_argument(
        "--sheets", type=whole_number(1, 20), default=0, metavar="ROWS", help="also on sheets of so many rows, no key"
    )
    build.add_argument(
        "--cross",
        type=whole_number(2, 1000),
        default=0,
        metavar="N",
        help="also N pictures shown alone as real or made, half of them driven by somebody else",
    )
    build.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")
    serve = actions.add_parser("serve", help="show the page on this computer", parents=[common_options()])
    serve.add_argument("study", type=Path, metavar="STUDY_DIR")
    serve.add_argument(
        "--port", type=whole_number(0, 65535), default=8347, metavar="N", help="0: a free one; default: %(default)s"
    )
    enter = actions.add_parser("enter", help="add answers about sheets, given elsewhere", parents=[common_options()])
    enter.add_argument("study", type=Path, metavar="STUDY_DIR")
    enter.add_argument("answers", type=Path, nargs="+", metavar="CSV", help="one file a rater: columns row, place")
    report = actions.add_parser("report", help="count the answers", parents=[common_options()])
    report.add_argument("study", type=Path, metavar="STUDY_DIR")
    report.add_argument(
        "--singles", type=Path, nargs="+", metavar="CSV", help="answers about pictures alone: columns picture, answer"
    )


def run(options: argparse.Namespace) -> Report:
    """Do the action asked for."""
    return {"build": _build, "serve": _serve, "enter": _enter, "report": _report}[options.action](options)


def _build(options: argparse.Namespace) -> Report:
    from headcast.data.clips import find_clips
    from headcast.networks.notes import default_checkpoint_path
    from headcast.study.build import Asked, build_study

    files = find_clips(options.data, options.list, options.split)
    model = options.model or default_checkpoint_path()
    asked = Asked(options.triplets, options.shots, options.distance, options.sheets, options.cross, options.seed)
    result = build_study(files, model, options.output, asked)
    lines = (
        *(f"not used: {line}" for line in result.left_out),
        f"{options.output}: {result.num_triplets} triplets of {result.num_people} people"
        + (f", {result.num_sheets} sheets" if result.num_sheets else "")
        + (f", {result.num_singles} pictures shown alone" if result.num_singles else ""),
        f"next: headcast study serve {options.output}",
    )
    return Report(lines, {"study": options.output, **asdict(result)})


def _serve(options: argparse.Namespace) -> Report:
    """Serve until the user interrupts: that is how a study ends well."""
    from headcast.server.study import open_server

    def on_start(url: str) -> None:
        print(f"open {url} in a browser; Ctrl-C ends", file=sys.stderr, flush=True)

    with open_server(options.study, options.port, on_start=on_start) as server, contextlib.suppress(KeyboardInterrupt):
        server.serve()
    num_participants, num_answers = server.answers.num_participants, server.answers.num_answers
    lines = (
        f"{options.study}: {num_participants} participants, {num_answers} answers",
        f"next: headcast study report {options.study}",
    )
    return Report(lines, {"study": options.study, "num_participants": num_participants, "num_answers": num_answers})


def _enter(options: argparse.Namespace) -> Report:
    from headcast.study.elsewhere import enter_sheets

    num_answers = enter_sheets(options.study, options.answers)
    lines = (
        f"{options.study}: {num_answers} answers of {len(options.answers)} raters added",
        f"next: headcast study report {options.study}",
    )
    return Report(lines, {"study": options.study, "num_participants": len(options.answers), "num_answers": num_answers})


def _report(options: argparse.Namespace) -> Report:
    from headcast.study.elsewhere import count_singles
    from headcast.study.report import report_study, shown, text_lines

    if options.singles:
        made, real = count_singles(options.study, options.singles)
        lines = (f"made pictures called made: {shown(made)}", f"real pictures called made: {shown(real)}")
        return Report(lines, {"study": options.study, "made": asdict(made), "real": asdict(real)})
    report = report_study(options.study)
    data = {"study": options.study, **asdict(report), "verdict": report.verdict}
    return Report(tuple(text_lines(report)), data)
