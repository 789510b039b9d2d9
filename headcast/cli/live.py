"""A photo or avatar and a camera in, the photo moving with whoever sits before the camera out: `headcast live`."""

import argparse
import contextlib
import sys
import webbrowser
from dataclasses import asdict
from pathlib import Path

from headcast.cli.animate import add_model_arguments
from headcast.cli.arguments import number, whole_number
from headcast.cli.report import Report
from headcast.reenact.options import REGIONS, STRENGTHS, SessionOptions

SUMMARY = "make a photo move like the face before the camera, now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast live` understands."""
    yes_or_no = argparse.BooleanOptionalAction
    parser.add_argument(
        "-s", "--source", type=Path, required=True, metavar="FILE", help="photo, painting or .avatar file"
    )
    parser.add_argument(
        "--camera", default="0", metavar="N_OR_FILE", help="camera, or a video that stands for one; default: 0"
    )
    show = parser.add_argument_group("where it is shown")
    show.add_argument("--virtual-camera", action="store_true", help="a camera for other programs, such as video calls")
    show.add_argument(
        "--page",
        action=yes_or_no,
        default=None,
        help="a page in the browser; default: on, off with --virtual-camera",
    )
    show.add_argument(
        "--port", type=whole_number(0, 65535), default=8351, metavar="N", help="of the page; 0: a free one"
    )
    show.add_argument("--no-browser", action="store_true", help="print the address only; default: open it")
    show.add_argument(
        "--max-side", type=whole_number(64, 1920), default=1024, metavar="PX", help="default: %(default)s"
    )
    show.add_argument("--label", action=yes_or_no, default=True, help='"synthetic" in the corner; default: on')
    show.add_argument("--hud", action="store_true", help="delay and frames a second in the corner")
    motion = parser.add_argument_group("motion")
    motion.add_argument("--mirror", action=yes_or_no, default=None, help="as in a mirror; default: on for the page")
    motion.add_argument("--relative", action=yes_or_no, default=True, help="add the movement to the photo's expression")
    motion.add_argument("--strength", type=number(*STRENGTHS), default=1.0, metavar="S", help="0 to 3; default: 1")
    motion.add_argument("--region", choices=REGIONS, default="all", help="what moves; default: %(default)s")
    parser.add_argument("--seconds", type=number(0.1, 1e6), metavar="S", help="end after so long; default: never")
    add_model_arguments(parser)


def run(options: argparse.Namespace) -> Report:
    """Show until the camera's end, Ctrl-C, End on the page or `--seconds`; the report is the summary."""
    from headcast.live.camera import open_camera
    from headcast.live.performance import LiveControls, Performance
    from headcast.live.run import Sink, run_live
    from headcast.reenact.source import open_source

    has_page = options.page if options.page is not None else not options.virtual_camera
    controls = LiveControls(mirror=has_page if options.mirror is None else options.mirror, hud=options.hud)
    sinks: list[Sink] = []
    is_over = lambda: False  # noqa: E731 - replaced where there is a page
    if options.virtual_camera:
        from headcast.live.virtual_camera import VirtualCamera

        sinks.append(VirtualCamera())
    source = open_source(options.source, checkpoint=options.checkpoint)
    camera = open_camera(options.camera)
    with contextlib.ExitStack() as stack:
        if has_page:
            from headcast.server.settings import ServerSettings
            from headcast.server.viewer import Viewer

            viewer = Viewer(controls, source.marks("talking head, live"), ServerSettings(port=options.port))
            sinks.append(viewer)
            is_over = lambda: viewer.is_over  # noqa: E731
            print(f"open {viewer.url} in a browser; Ctrl-C ends", file=sys.stderr, flush=True)
            if not options.no_browser:
                webbrowser.open(viewer.url)
        for sink in sinks:
            stack.callback(sink.close)
        settings = SessionOptions(
            relative=options.relative, strength=options.strength, region=options.region, policy="live",
            device=options.device, precision=options.precision,
        )  # fmt: skip
        label = "synthetic" if options.label else ""
        performance = Performance(source, settings, label=label, max_side=options.max_side, controls=controls)
        stack.callback(performance.close)
        summary = run_live(performance, camera, sinks, seconds=options.seconds, is_over=is_over)
    lines = (
        f"{summary.num_frames} frames in {summary.seconds:.0f} s, {summary.frames_a_second:.1f} a second,"
        f" {summary.num_dropped} of the camera's dropped",
        f"delay {1000 * summary.delay_p50:.0f} ms p50, {1000 * summary.delay_p95:.0f} ms p95; {summary.runtime}",
    )
    return Report(lines, asdict(summary))
