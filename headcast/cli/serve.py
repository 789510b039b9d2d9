"""Nothing in, an API on this computer out that makes avatars and frames: `headcast serve`."""

import argparse
from contextlib import nullcontext

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.cli.studio import add_server_arguments, serve
from headcast.errors import HeadcastError

SUMMARY = "serve the API: avatars, animations and frames for games and other programs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast serve` understands."""
    add_server_arguments(parser)
    many = parser.add_argument_group("more than one machine")
    many.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="workers of this Ray cluster make the sessions' frames; local: a cluster of this machine alone",
    )
    many.add_argument(
        "--workers", type=whole_number(1, 1000), metavar="N", help="of the cluster; default: one for two cores"
    )


def run(options: argparse.Namespace) -> Report:
    """Serve until the user interrupts."""
    if options.ray is None:
        if options.workers is not None:
            raise HeadcastError("--workers is of a Ray cluster; give its address with --ray, or --ray local")
        return serve(options, nullcontext(), open_browser=False)
    from headcast.server.ray_serve import frame_workers

    return serve(options, frame_workers(options.ray, options.workers), open_browser=False)
