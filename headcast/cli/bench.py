"""Nothing in; how fast Headcast is on this machine, stage by stage, out: `headcast bench`."""

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.reenact.options import PRECISIONS

if TYPE_CHECKING:
    from headcast.evaluation.bench import BenchResult

SUMMARY = "time each stage, the first frame and the memory on this machine, from built-in photos at 1280x720"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast bench` understands."""
    parser.add_argument("--frames", type=whole_number(10), default=150, metavar="N", help="default: %(default)s")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="default: %(default)s")


def run(options: argparse.Namespace) -> Report:
    """Make a driver of one built-in photo, animate another by it, and print what took how long."""
    from headcast.evaluation.bench import run_bench
    from headcast.media.portraits import read_portrait

    result = run_bench(
        read_portrait("astronaut"),
        read_portrait("hopper"),
        num_frames=options.frames,
        precision=options.precision,
        say=lambda text: print(text, file=sys.stderr),
    )
    return Report(_lines(result), asdict(result))


def _lines(result: "BenchResult") -> tuple[str, ...]:
    total = sum(p50 for p50, _ in result.stages_ms.values())
    starts = ", ".join(f"{seconds:.2f}" for seconds in result.first_frame_seconds)
    memory = "unknown" if result.peak_memory_mib is None else f"{result.peak_memory_mib:.0f} MiB"
    return (
        *(f"{name:>14}: {value}" for name, value in result.machine.items()),
        f"{'matrix product':>14}: {result.matrix_gflops:.0f} GFLOP/s in f32",
        f"{'runtime':>14}: {result.runtime}",
        *(f"{stage:>14}: {p50:6.1f} ms p50, {p95:6.1f} ms p95" for stage, (p50, p95) in result.stages_ms.items()),
        f"{'in a row':>14}: {total:6.1f} ms, {1000 / total:.1f} frames a second",
        f"{'first frame':>14}: {starts} s from typing the command, one start after another",
        f"{'end to end':>14}: {result.frames_a_second:.1f} frames a second after it, {result.num_frames} frames",
        f"{'peak memory':>14}: {memory}",
    )
