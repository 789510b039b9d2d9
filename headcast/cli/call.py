"""Two people and their avatars in, a call that sends motion and sound, no pictures, out: `headcast call`."""

import argparse
import contextlib
import sys
import webbrowser
from dataclasses import asdict
from pathlib import Path

from headcast.cli.arguments import number, whole_number
from headcast.cli.report import Report

SUMMARY = "meet as avatars: only motion and sound travel, 30 kbit/s and less"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast call` understands."""
    yes_or_no = argparse.BooleanOptionalAction
    parser.add_argument(
        "-s", "--source", type=Path, required=True, metavar="FILE", help="how the other side sees you: photo or .avatar"
    )
    parser.add_argument(
        "--camera", default="0", metavar="N_OR_FILE", help="camera, or a video that stands for one; default: 0"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--room", metavar="URL", help="meet in a room: ws://HOST:PORT/api/rooms/NAME of headcast studio")
    way.add_argument(
        "--answer", metavar="LINE", help="answer the line that the other side sent, - to paste it; default: make one"
    )
    parser.add_argument(
        "--ice-server", action="append", default=[], metavar="URL",
        help="stun: or turn: server that finds the way between two homes; default: none is asked",
    )  # fmt: skip
    parser.add_argument("--sound", action=yes_or_no, default=True, help="default: on")
    parser.add_argument(
        "--page", action=yes_or_no, default=True, help="show the other side in the browser; default: on"
    )
    parser.add_argument(
        "--port", type=whole_number(0, 65535), default=8352, metavar="N", help="of the page; 0: a free one"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only; default: open it")
    parser.add_argument(
        "--max-side", type=whole_number(64, 1920), default=768, metavar="PX", help="default: %(default)s"
    )
    parser.add_argument("--hud", action="store_true", help="delay and frames a second in the picture")
    parser.add_argument("--seconds", type=number(0.1, 1e6), metavar="S", help="hang up after so long; default: never")


def run(options: argparse.Namespace) -> Report:
    """Call until one side hangs up; the report is the summary."""
    from headcast.calls.run import CallOptions, run_call
    from headcast.live.performance import LiveControls
    from headcast.live.run import Sink
    from headcast.provenance.marks import Marks
    from headcast.reenact.source import open_source
    from headcast.server.settings import ServerSettings
    from headcast.server.viewer import Viewer

    source = open_source(options.source)
    controls = LiveControls(mirror=False, hud=options.hud)
    sinks: list[Sink] = []
    is_over = lambda: False  # noqa: E731 - replaced where there is a page
    with contextlib.ExitStack() as stack:
        if options.page:
            marks = Marks("talking head, live", "of the other side", "0" * 8, ())
            viewer = Viewer(controls, marks, ServerSettings(port=options.port))
            stack.callback(viewer.close)
            sinks.append(viewer)
            is_over = lambda: viewer.is_over  # noqa: E731
            _say(f"the other side appears at {viewer.url}; Ctrl-C hangs up")
            if not options.no_browser:
                webbrowser.open(viewer.url)
        asked = CallOptions(
            options.source, options.camera, options.sound, options.room, options.answer, options.max_side,
            tuple(options.ice_server), options.seconds,
        )  # fmt: skip
        try:
            summary = run_call(asked, source, sinks, controls, say=_say, ask=_ask, is_over=is_over)
        except KeyboardInterrupt:  # how a call is hung up
            return Report(("hung up",), {})
    line = (
        f"{summary.seconds:.0f} s, {summary.num_packets} frames came, {summary.num_unreadable} could not be read,"
        f" {summary.num_sent_bytes * 8 / max(summary.seconds, 1) / 1000:.1f} kbit/s sent"
    )
    return Report((line,), asdict(summary))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ask(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()
