"""Nothing in, an API on this computer out that makes avatars and frames: `headcast serve`."""

import argparse

from headcast.cli.report import Report
from headcast.cli.studio import add_server_arguments, serve

SUMMARY = "serve the API: avatars, animations and frames for games and other programs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast serve` understands."""
    add_server_arguments(parser)


def run(options: argparse.Namespace) -> Report:
    """Serve until the user interrupts."""
    return serve(options, open_browser=False)
