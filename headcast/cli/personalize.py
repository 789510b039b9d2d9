"""Pictures of one person in, an avatar tuned to that person out: `headcast personalize`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from headcast.cli.arguments import number, whole_number
from headcast.cli.report import Report
from headcast.personalization.budget import FIRST_STEPS, STEPS_PER_PICTURE

SUMMARY = "tune the model to one person, from 1 to 32 photos or a video"

_MAX_NOTE = 500  # characters; provenance allows no more


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast personalize` understands."""
    parser.add_argument(
        "-s",
        "--source",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE_OR_DIR",
        help="photos (the first is the one that will move), a folder of them or a video",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.avatar")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--steps",
        type=whole_number(1),
        metavar="N",
        help=f"default: {FIRST_STEPS}, and {STEPS_PER_PICTURE} for each further photo",
    )
    budget.add_argument("--minutes", type=number(0.01, 1e4), metavar="M", help="stop after M minutes of tuning")
    parser.add_argument(
        "--consent", type=_note, metavar="TEXT", help="who agreed to this, and when; goes into every video made"
    )
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="default: the weights of the package")
    parser.add_argument("--vgg19", type=Path, metavar="FILE", help="content loss: VGG19, safetensors")
    parser.add_argument("--vggface", type=Path, metavar="FILE", help="content loss: VGGFace, safetensors")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")


def run(options: argparse.Namespace) -> Report:
    """Tune until the budget is spent or the user interrupts; the report says what was kept, and why."""
    from headcast.personalization.personalize import PersonalizeOptions, personalize

    settings = PersonalizeOptions(
        steps=options.steps,
        minutes=options.minutes,
        consent=options.consent,
        checkpoint=options.checkpoint,
        vgg19_path=options.vgg19,
        vggface_path=options.vggface,
        seed=options.seed,
        show_progress=not options.json,
    )
    result = personalize(options.source, options.output, settings)
    shots = "1 picture" if result.num_shots == 1 else f"{result.num_shots} pictures"
    lines = (
        *(f"not used: {line}" for line in result.dropped),
        f"{result.output}: {shots}, {result.num_steps} steps; took {result.seconds:.1f} s",
        result.reason,
        *result.close_ups,
        f"next: headcast animate -s {result.output} -d YOUR_VIDEO.mp4 -o OUT.mp4",
    )
    return Report(lines, asdict(result))


def _note(text: str) -> str:
    if text.isprintable() and 0 < len(text) <= _MAX_NOTE:
        return text
    raise argparse.ArgumentTypeError(f"expected one line of 1 to {_MAX_NOTE} printable characters")
