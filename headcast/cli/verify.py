"""A picture or video in, the marks that say it is synthetic out: `headcast verify`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from headcast.cli.report import Report

SUMMARY = "read the marks that say a file is synthetic (exit code 1: it carries none)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast verify` understands."""
    parser.add_argument("file", type=Path, help="an .mp4, .mov, .mkv, .png, .jpg, .webp or .avatar file")


def run(options: argparse.Namespace) -> Report:
    """Read one file's marks; no mark means that Headcast's is not there, not that the file is genuine."""
    from headcast.provenance.verify import read_marks

    marks = read_marks(options.file)
    if marks is None:
        line = f"{options.file}: no mark of Headcast found; that does not show that it is genuine"
        return Report((line,), {"file": options.file, "synthetic": None}, exit_code=1)
    facts = {name: value for name, value in asdict(marks).items() if value is not None}
    lines = (f"{options.file}: synthetic", *(f"  {name.replace('_', ' ')}: {_text(facts[name])}" for name in facts))
    return Report(lines, {"file": options.file, "synthetic": True, "marks": facts})


def _text(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)
