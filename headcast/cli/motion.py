"""A driving video in, a motion file out, and what such files hold: `headcast motion extract | list | show`."""

import argparse
from pathlib import Path

from headcast.cli.arguments import common_options, motion_argument
from headcast.cli.report import Report
from headcast.types import Motion

SUMMARY = "make, list and look at motion files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast motion` understands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    extract = actions.add_parser(
        "extract", help="save the motion of a video's or photo's face", parents=[common_options()]
    )
    extract.add_argument("video", type=Path)
    extract.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.motion")
    extract.add_argument(
        "--smooth",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="take the tracker's jitter out, as animate does; default: on",
    )
    actions.add_parser("list", help="name the built-in motions", parents=[common_options()])
    show = actions.add_parser("show", help="say what a motion holds", parents=[common_options()])
    show.add_argument("motion", metavar="NAME_OR_FILE")


def run(options: argparse.Namespace) -> Report:
    """Do the action asked for."""
    return {"extract": _extract, "list": _list, "show": _show}[options.action](options)


def _extract(options: argparse.Namespace) -> Report:
    from headcast.files import check_output
    from headcast.geometry.motion import save_motion
    from headcast.reenact.driving import extract_motion

    check_output(options.output)  # before the work, not after it
    motion = extract_motion(options.video, smooth=options.smooth)
    save_motion(options.output, motion)
    return Report((f"{options.output}: {_summary(motion)}",), {"output": options.output, **_facts(motion)})


def _list(options: argparse.Namespace) -> Report:
    from headcast.geometry.builtin import builtin_motion_names

    names = builtin_motion_names()
    return Report(names, {"motions": names})


def _show(options: argparse.Namespace) -> Report:
    from headcast.geometry.builtin import builtin_motion
    from headcast.geometry.motion import load_motion

    source = motion_argument(options.motion)
    motion = load_motion(source) if isinstance(source, Path) else builtin_motion(source)
    return Report((f"{source}: {_summary(motion)}",), {"motion": source, **_facts(motion)})


def _facts(motion: Motion) -> dict[str, object]:
    seconds = float(motion.times[-1] - motion.times[0])
    return {
        "num_frames": len(motion),
        "seconds": seconds,
        "image_size": motion.image_size,
        "num_found": int(motion.found.sum()),
    }


def _summary(motion: Motion) -> str:
    width, height = motion.image_size
    facts = _facts(motion)
    return (
        f"{facts['num_frames']} frames over {facts['seconds']:.2f} s in {width}x{height} pixels, "
        f"face seen in {facts['num_found']} of them"
    )
