"""A checkpoint and a folder of clips in, a report on how good it is out: `headcast evaluate`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from headcast.cli.arguments import whole_number
from headcast.cli.report import Report
from headcast.errors import DataError

if TYPE_CHECKING:
    from headcast.types import Image

SUMMARY = "measure a checkpoint on clips of people that it has not seen"

_MAX_SHOTS = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast evaluate` understands."""
    parser.add_argument("--model", type=Path, metavar="FILE", help="checkpoint; default: the weights of the package")
    parser.add_argument("--data", type=Path, required=True, metavar="CLIPS", help="one face per clip; PERSON_1.mp4")
    parser.add_argument("--report", type=Path, required=True, metavar="DIR", help="written here; started runs go on")
    parser.add_argument("--list", type=Path, metavar="CSV", help="columns file, identity, split; default: all clips")
    parser.add_argument("--split", metavar="NAME", help="which split of the list; default: all")
    parser.add_argument("--paintings", type=Path, metavar="DIR", help="paintings or photos to drive as well")
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
    parser.add_argument("--limit", type=whole_number(1), metavar="N", help="only the first N clips")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")
    judges = parser.add_argument_group("judges", "a judge whose network is not given is left out")
    judges.add_argument("--squeezenet", type=Path, metavar="FILE", help="LPIPS, FID, KID: SqueezeNet 1.1, safetensors")
    judges.add_argument("--identity-net", type=Path, metavar="FILE", help="CSIM: face recognition, ONNX")
    judges.add_argument("--landmarks68", type=Path, metavar="FILE", help="second landmark finder, ONNX")


def run(options: argparse.Namespace) -> Report:
    """Judge what is not judged yet, then write the report; it names the page and the figures that matter most."""
    from headcast.data.clips import find_clips
    from headcast.evaluation.judges import load_judges
    from headcast.evaluation.machine import describe_machine
    from headcast.evaluation.records import Records
    from headcast.evaluation.report import text_lines, write_report
    from headcast.evaluation.run import Protocol, evaluate
    from headcast.evaluation.summary import summarise
    from headcast.networks.checkpoint import default_checkpoint_path, load_checkpoint
    from headcast.provenance.marks import fingerprint

    files = find_clips(options.data, options.list, options.split)[: options.limit]
    paintings = _pictures(options.paintings) if options.paintings else []
    judges = load_judges(options.squeezenet, options.identity_net, options.landmarks68)
    path = options.model or default_checkpoint_path()
    model, model_hash = load_checkpoint(path), fingerprint(path)
    protocol = Protocol(tuple(sorted(set(options.shots))), options.targets, options.seed)
    networks = {name: getattr(options, name) for name in ("squeezenet", "identity_net", "landmarks68")}
    settings = {
        "model": model_hash,
        "targets": options.targets,
        "seed": options.seed,
        **{name: fingerprint(network) if network else None for name, network in networks.items()},
    }
    records = Records(options.report, settings, _picture_writer(path.stem, model_hash, options.seed))
    evaluation = evaluate(files, paintings, model, judges, protocol, records)
    summary = summarise(evaluation, options.seed)
    facts = {"model": f"{path.name} (SHA-256 {model_hash[:12]})", "seed": str(options.seed), **describe_machine()}
    page = write_report(evaluation, summary, facts, judges.missing(), records)
    lines = (f"report: {page}", *text_lines(summary), *judges.missing(), *evaluation.left_out)
    return Report(lines, {"report": page, "figures": page.with_suffix(".json"), "left_out": evaluation.left_out})


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
