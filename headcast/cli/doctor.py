"""The machine in; one line per thing that Headcast needs, and the cure where it is missing, out: `headcast doctor`."""

import argparse
from dataclasses import asdict

from headcast.cli.checks import CHECKS, Finding, State, run_check
from headcast.cli.report import Report

SUMMARY = "say what works on this machine, and what to do about what does not (exit code 1: something must be done)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`headcast doctor` has no options of its own."""


def run(options: argparse.Namespace) -> Report:
    """Run all checks; the exit code is 1 where one fails, warnings leave it at 0."""
    findings = {name: run_check(check) for name, check in CHECKS.items()}
    failed = any(finding.state is State.FAIL for finding in findings.values())
    lines = tuple(_line(name, finding) for name, finding in findings.items())
    return Report(lines, {"checks": {name: asdict(finding) for name, finding in findings.items()}}, int(failed))


def _line(name: str, finding: Finding) -> str:
    return f"{finding.state.value:4} {name}: {finding.detail}" + (f"; {finding.cure}" if finding.cure else "")
