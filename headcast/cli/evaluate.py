"""A checkpoint and a folder of clips in, a report on how good it is out: `headcast evaluate`."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.errors import DataError
from headcast.limits import MAX_SHOTS

if TYPE_CHECKING:
    from headcast.evaluation.protocol import Settings

SUMMARY = "measure a checkpoint on clips of people that it has not seen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast evaluate` understands."""
    parser.set_defaults(extra="evaluate")  # which has what `train` has, too
    parser.add_argument("--model", type=Path, metavar="FILE", help="checkpoint; default: the weights of the package")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="clips, one face each, PERSON_1.mp4; or shards"
    )
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument("--report", type=Path, metavar="DIR", help="written here; resumes one that was stopped")
    output.add_argument(
        "--export-protocol", type=Path, metavar="DIR", help="write shots and driving frames for other methods, and end"
    )
    parser.add_argument("--list", type=Path, metavar="CSV", help="columns file, identity, split; default: all clips")
    parser.add_argument("--split", metavar="NAME", help="which split; default: all of clips, val of shards")
    parser.add_argument("--paintings", type=Path, metavar="DIR", help="paintings or photos to drive as well")
    parser.add_argument(
        "--pairs",
        type=whole_number(0, 100_000),
        metavar="N",
        help="pairs of people or paintings and drivers, shared out evenly, of the fewest shots; default: one for each",
    )
    parser.add_argument(
        "--shots",
        type=whole_number(1, MAX_SHOTS),
        nargs="+",
        default=[1],
        metavar="T",
        help="shots of each person, such as 1 8 32; default: 1",
    )
    parser.add_argument(
        "--targets",
        type=whole_number(2, 1000),
        default=32,
        metavar="N",
        help="held-out frames of each clip; default: %(default)s",
    )
    parser.add_argument(
        "--size",
        choices=("256", "native"),
        default="256",
        help="in pixels of a clip's frames, or as its video shows them; pairs always at 256; default: %(default)s",
    )
    parser.add_argument(
        "--tune-steps",
        type=whole_number(0, 100_000),
        default=0,
        metavar="N",
        help="judge avatars tuned for N steps as well, and at T = 8 random weights tuned so; default: not",
    )
    parser.add_argument(
        "--outside",
        type=_outside,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="frames that another method made of --export-protocol's; repeat for more",
    )
    parser.add_argument("--limit", type=whole_number(1), metavar="N", help="only the first N clips")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--workers",
        type=whole_number(1, 64),
        default=1,
        metavar="N",
        help="processes side by side; default: %(default)s",
    )
    judges = parser.add_argument_group("judges", "a judge whose network is not given is left out")
    judges.add_argument("--squeezenet", type=Path, metavar="FILE", help="LPIPS, FID, KID: SqueezeNet 1.1, safetensors")
    judges.add_argument("--lpips-net", type=Path, metavar="FILE", help="LPIPS: torchvision's AlexNet or VGG16")
    judges.add_argument("--inception", type=Path, metavar="FILE", help="FID, KID: InceptionV3, ONNX")
    judges.add_argument(
        "--identity-net", type=Path, nargs="+", default=[], metavar="FILE", help="CSIM: face recognition, ONNX"
    )
    judges.add_argument("--landmarks68", type=Path, metavar="FILE", help="second landmark finder, ONNX")


def run(options: argparse.Namespace) -> Report:
    """Judge what is not judged yet, then write the report; it names the page and the figures that matter most."""
    from headcast.evaluation.protocol import Settings

    paintings = _pictures(options.paintings) if options.paintings else []
    shots = tuple(sorted(set(options.shots)))
    native = options.size == "native"
    settings = Settings(shots, options.targets, options.seed, options.tune_steps, options.pairs, native)
    return _export(options, settings) if options.export_protocol else _evaluate(options, settings, paintings)


def _evaluate(options: argparse.Namespace, settings: "Settings", paintings: list[Path]) -> Report:
    from headcast.evaluation.machine import describe_machine
    from headcast.evaluation.report.page import text_lines, write_report
    from headcast.evaluation.report.summary import summarise
    from headcast.evaluation.workers import Inputs, JudgePaths, evaluate_inputs
    from headcast.networks.notes import default_checkpoint_path

    inputs = Inputs(
        data=options.data,
        report=options.report,
        model=options.model or default_checkpoint_path(),
        settings=settings,
        judges=JudgePaths(
            options.squeezenet,
            tuple(options.identity_net),
            options.landmarks68,
            options.lpips_net,
            options.inception,
        ),
        list_path=options.list,
        split=options.split,
        limit=options.limit,
        paintings=tuple(paintings),
        outside=tuple(options.outside),
    )
    done = evaluate_inputs(inputs, options.workers)
    summary = summarise(done.evaluation, settings.seed)
    facts = {"model": done.model, "seed": str(settings.seed), **describe_machine()}
    page = write_report(done.evaluation, summary, facts, done.missing, done.records)
    left_out = done.evaluation.left_out
    lines = (f"report: {page}", *text_lines(summary), *done.missing, *left_out)
    return Report(lines, {"report": page, "figures": page.with_suffix(".json"), "left_out": left_out})


def _export(options: argparse.Namespace, settings: "Settings") -> Report:
    from headcast.evaluation.clips import judged_clips
    from headcast.evaluation.methods.outside import export_protocol

    folder: Path = options.export_protocol
    clips, left_out = judged_clips(options.data, options.list, options.split, options.limit)
    num_clips = export_protocol(clips, folder, settings)
    shots = " ".join(str(count) for count in settings.num_shots)
    lines = (
        f"{folder}: shots and driving frames of {num_clips} clips, T = {shots}",
        f"next: write each driving frame's result as METHOD/T{settings.num_shots[0]}/CLIP/NUMBER.png, then evaluate "
        "with --outside NAME=METHOD",
        *left_out,
    )
    return Report(lines, {"folder": folder, "num_clips": num_clips, "left_out": left_out})


def _outside(text: str) -> tuple[str, Path]:
    """Read NAME=DIR; the name stands in the tables and in file names."""
    name, equals, folder = text.partition("=")
    if not (equals and folder) or not re.fullmatch(r"[\w-]{1,40}", name):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=DIR with a name of letters, digits, - and _")
    return name, Path(folder)


def _pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder, in order; DataError where there is none."""
    from headcast.reenact.driving import PHOTO_SUFFIXES

    if not folder.is_dir():
        raise DataError(f"no folder {folder}; give a folder of paintings or photos")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    if not paths:
        raise DataError(f"no pictures in {folder}; expected files ending in {', '.join(PHOTO_SUFFIXES)}")
    return paths
