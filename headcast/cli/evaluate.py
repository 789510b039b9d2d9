"""A checkpoint and a folder of clips in, a report on how good it is out: `headcast evaluate`."""

import argparse
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.errors import DataError

if TYPE_CHECKING:
    from headcast.evaluation.protocol import JudgedClip, Settings
    from headcast.evaluation.run import Work
    from headcast.types import Image

SUMMARY = "measure a checkpoint on clips of people that it has not seen"

_MAX_SHOTS = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast evaluate` understands."""
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
        help="pairs of people or paintings and drivers, shared out evenly; default: one for each",
    )
    parser.add_argument(
        "--shots",
        type=whole_number(1, _MAX_SHOTS),
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
    from headcast.evaluation.clips import judged_clips
    from headcast.evaluation.protocol import Settings

    paintings = _pictures(options.paintings) if options.paintings else []
    shots = tuple(sorted(set(options.shots)))
    settings = Settings(shots, options.targets, options.seed, options.tune_steps, options.pairs)
    if options.export_protocol:
        clips, left_out = judged_clips(options.data, options.list, options.split, options.limit)
        return _export(clips, settings, options.export_protocol, left_out)
    return _evaluate(options, settings, paintings)


def _evaluate(options: argparse.Namespace, settings: "Settings", paintings: list[Path]) -> Report:
    from headcast.evaluation.machine import describe_machine
    from headcast.evaluation.report.page import text_lines, write_report
    from headcast.evaluation.report.summary import summarise
    from headcast.evaluation.run import evaluate

    opened = _open(options, settings, paintings)
    work, missing = opened.work, opened.work.judges.missing()
    if options.workers > 1:
        _judge_side_by_side(options, opened)
    evaluation = evaluate(work)
    evaluation.left_out[:0] = opened.left_out
    summary = summarise(evaluation, settings.seed)
    facts = {"model": opened.model, "seed": str(settings.seed), **describe_machine()}
    page = write_report(evaluation, summary, facts, missing, work.records)
    lines = (f"report: {page}", *text_lines(summary), *missing, *evaluation.left_out)
    return Report(lines, {"report": page, "figures": page.with_suffix(".json"), "left_out": evaluation.left_out})


@dataclass(frozen=True)
class _Opened:
    """The work, which clips are no part of it and why, and the model's name in the report."""

    work: "Work"
    left_out: list[str]
    model: str

    def judge_share(self, num_workers: int, *, show: bool) -> None:
        """Do one worker's share, on its share of the cores; one of them may show the time left."""
        import torch

        from headcast.evaluation.run import judge_share

        torch.set_num_threads(max(1, (os.cpu_count() or 1) // num_workers))
        judge_share(self.work, show=show)


def _judge_side_by_side(options: argparse.Namespace, opened: _Opened) -> None:
    """Share the work among processes; what one that dies leaves undone is done afterwards."""
    context = multiprocessing.get_context("spawn")  # threads of torch and OpenVINO do not survive a fork
    given = (options, opened.work.settings, list(opened.work.paintings))
    others = [context.Process(target=_work_apart, args=given, daemon=True) for _ in range(1, options.workers)]
    records = opened.work.records
    records.drop_claims()
    for other in others:
        other.start()
    opened.judge_share(options.workers, show=True)
    for other in others:
        other.join()
    records.drop_claims()


def _work_apart(options: argparse.Namespace, settings: "Settings", paintings: list[Path]) -> None:
    from headcast.data.workers import end_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    end_with_parent()  # also where it was killed
    _open(options, settings, paintings).judge_share(options.workers, show=False)


def _open(options: argparse.Namespace, settings: "Settings", paintings: list[Path]) -> _Opened:
    from headcast.evaluation.clips import judged_clips
    from headcast.evaluation.methods.columns import columns_of
    from headcast.evaluation.metrics.judges import load_judges
    from headcast.evaluation.records import Records
    from headcast.evaluation.run import Work
    from headcast.networks.checkpoint import load_checkpoint
    from headcast.networks.notes import default_checkpoint_path
    from headcast.provenance.marks import fingerprint

    networks = (options.squeezenet, options.identity_net, options.landmarks68, options.lpips_net, options.inception)
    judges = load_judges(*networks)
    path = options.model or default_checkpoint_path()
    model, model_hash = load_checkpoint(path), fingerprint(path)
    columns = columns_of(model, settings, dict(options.outside))
    clips, left_out = judged_clips(options.data, options.list, options.split, options.limit)
    fixed = {
        "model": model_hash,
        "targets": settings.num_targets,
        "seed": settings.seed,
        **_fingerprints(options),
    }
    records = Records(options.report, fixed, _picture_writer(path.stem, model_hash, settings.seed))
    work = Work(clips, paintings, columns, judges, settings, records)
    return _Opened(work, left_out, f"{path.name} (SHA-256 {model_hash[:12]})")


def _export(clips: "Sequence[JudgedClip]", settings: "Settings", folder: Path, left_out: list[str]) -> Report:
    from headcast.evaluation.methods.outside import export_protocol

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


def _fingerprints(options: argparse.Namespace) -> dict[str, object]:
    """Return the SHA-256 of the judges' networks: another network gives other figures."""
    from headcast.provenance.marks import fingerprint

    single = ("squeezenet", "landmarks68", "lpips_net", "inception")
    given = {name: getattr(options, name) for name in single}
    prints: dict[str, object] = {name: fingerprint(path) if path else None for name, path in given.items()}
    return {**prints, "identity_net": [fingerprint(path) for path in options.identity_net]}


def _pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder, in order; DataError where there is none."""
    from headcast.reenact.driving import PHOTO_SUFFIXES

    if not folder.is_dir():
        raise DataError(f"no folder {folder}; give a folder of paintings or photos")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    if not paths:
        raise DataError(f"no pictures in {folder}; expected files ending in {', '.join(PHOTO_SUFFIXES)}")
    return paths


def _picture_writer(model: str, model_sha256: str, seed: int) -> "Callable[[Path, Image], None]":
    """Return what writes a strip, marked as synthetic."""
    from headcast.media.images import write_image
    from headcast.provenance.marks import Marks

    marks = Marks("talking head beside its source and driver", model, model_sha256, (), seed=seed)
    return lambda path, image: write_image(path, image, marks.to_metadata())
