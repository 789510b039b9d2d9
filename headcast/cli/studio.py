"""Nothing in, a page on this computer out on which a photo moves: `headcast studio`."""

import argparse
import contextlib
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.errors import HeadcastError

if TYPE_CHECKING:
    from headcast.server.workplace import FrameMaker

SUMMARY = "open a page in the browser: animate a photo, edit a still, tune an avatar, go live"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast studio` understands."""
    parser.add_argument("--no-browser", action="store_true", help="print the address only; default: open it")
    add_server_arguments(parser)


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where a server listens and who may use it."""
    where = parser.add_argument_group("who may use it")
    where.add_argument(
        "--port", type=whole_number(0, 65535), default=8350, metavar="N", help="0: a free one; default: %(default)s"
    )
    where.add_argument(
        "--address",
        default="127.0.0.1",
        metavar="IP",
        help="where to listen; any other than this computer's own needs a token; default: %(default)s",
    )
    where.add_argument("--token", metavar="TEXT", help="that others must know; default: a new one where one is needed")
    where.add_argument(
        "--name", action="append", default=[], metavar="HOST", help="host name under which it may be reached, too"
    )
    where.add_argument(
        "--origin", action="append", default=[], metavar="URL", help="page of another site that may use it, too"
    )


def run(options: argparse.Namespace) -> Report:
    """Serve until the user interrupts."""
    return serve(options, contextlib.nullcontext(), open_browser=not options.no_browser)


def serve(
    options: argparse.Namespace,
    workers: "contextlib.AbstractContextManager[FrameMaker | None]",
    *,
    open_browser: bool,
) -> Report:
    """Serve until the user interrupts: that is how a server ends well. `workers` make frames, where there are some."""
    from headcast.server.app import make_app
    from headcast.server.run import Server
    from headcast.server.settings import with_token

    try:
        settings = with_token(
            options.address, options.port, options.token, names=tuple(options.name), origins=tuple(options.origin)
        )
    except ValueError as error:
        raise HeadcastError(str(error)) from error

    def on_start(url: str) -> None:
        print(f"open {url} in a browser; Ctrl-C ends", file=sys.stderr, flush=True)
        if not settings.is_local:
            text = (
                "others on this network can reach it: whoever has this link may use it, and the line is not encrypted"
            )
            print(text, file=sys.stderr, flush=True)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    with contextlib.suppress(KeyboardInterrupt), workers as frame_maker:
        Server(make_app(settings, frame_maker), settings, on_start).serve()
    return Report(("ended; what was made here and not downloaded is gone",), {"address": settings.address})
