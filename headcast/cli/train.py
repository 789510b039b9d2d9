"""A folder of shards or clips in, a run folder with a checkpoint out: `headcast train`."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headcast.cli.arguments import number, whole_number
from headcast.cli.report import Report
from headcast.errors import DataError
from headcast.networks.presets import PRESETS

if TYPE_CHECKING:
    from headcast.training.config import TrainingConfig

SUMMARY = "meta-train the networks on prepared shards, or on a folder of clips with one person in each"

_PAPER_EPOCHS: Final = {"fine-tuned": 75, "feed-forward": 150}
_SHOTS: Final = {"paper": 8, "lite": 3}
_GIBIBYTE: Final = 1 << 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `headcast train` understands."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="shards, or PERSON_1.mp4, PERSON/1.mp4")
    parser.add_argument("--run", type=Path, required=True, dest="run_dir", metavar="DIR", help="written here")
    parser.add_argument("--list", type=Path, metavar="CSV", help="of clips: columns file, identity, split (train, val)")
    parser.add_argument("--preset", choices=tuple(PRESETS), default="lite", help="default: %(default)s")
    parser.add_argument("--resume", action="store_true", help="resume the run in DIR")
    parser.add_argument("--start", type=Path, metavar="FILE", help="start from a checkpoint, not from random weights")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: %(default)s")
    _add_schedule(parser.add_argument_group("schedule", "how long, and on how much at a time"))
    _add_losses(parser.add_argument_group("losses"))
    _add_machine(parser.add_argument_group("machine", "how it is computed; the result is the same but for rounding"))


def _add_schedule(parser: argparse._ArgumentGroup) -> None:
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=number(0.01, 1e6), metavar="M", help="stop after M minutes of training")
    budget.add_argument("--samples", type=whole_number(1), metavar="N", help="stop after N episodes")
    epochs = f"stop after N episodes of each video; paper: {_PAPER_EPOCHS['fine-tuned']}"
    budget.add_argument("--epochs", type=whole_number(1), metavar="N", help=epochs)
    parser.add_argument(
        "--batch-size",
        type=whole_number(1, 4096),
        default=8,
        metavar="N",
        help="episodes per step and process; default: %(default)s",
    )
    parser.add_argument(
        "--shots",
        type=whole_number(1, 32),
        metavar="K",
        help=f"per episode; {', '.join(f'{name}: {count}' for name, count in _SHOTS.items())}",
    )
    parser.add_argument(
        "--sizes", type=_sizes, default=(), metavar="LIST", help="such as 128:0.6,256:0.4: start with smaller frames"
    )


def _add_losses(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--vgg19", type=Path, metavar="FILE", help="content loss: VGG19, safetensors")
    parser.add_argument("--vggface", type=Path, metavar="FILE", help="content loss: VGGFace, safetensors")
    parser.add_argument(
        "--feed-forward",
        action="store_true",
        help="leave out the embedding-match loss: for use without fine-tuning; "
        f"paper: {_PAPER_EPOCHS['feed-forward']} epochs",
    )


def _add_machine(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--precision", choices=("auto", "bf16", "f32"), default="auto", help="default: %(default)s")
    parser.add_argument("--compile", action="store_true", help="compile the networks; pays off after minutes")
    parser.add_argument(
        "--accumulate",
        type=whole_number(1, 4096),
        default=1,
        metavar="N",
        help="compute each batch in N parts, for little memory; default: %(default)s",
    )
    parser.add_argument(
        "--workers", type=whole_number(0, 256), default=0, metavar="N", help="processes that prepare episodes"
    )
    parser.add_argument(
        "--memory",
        type=number(0.001, 1e5),
        default=8.0,
        metavar="GIB",
        help="for shards, in each process; larger data takes turns in it; default: %(default)g",
    )


def run(options: argparse.Namespace) -> Report:
    """Train until the budget is spent or the user interrupts; the report names the checkpoint."""
    import torch

    from headcast.data.episodes import EpisodeSettings
    from headcast.training.distributed import join_ranks
    from headcast.training.feed import FeedSettings, open_feed
    from headcast.training.run import RunFiles, train

    device = options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    sizes = PRESETS[options.preset]
    episodes = EpisodeSettings(
        options.batch_size,
        options.shots or _SHOTS["lite" if sizes.reads_warped_shot else "paper"],
        sizes.image_size,
        sizes.embedder_image_size,
        disguise=sizes.reads_warped_shot,  # the paper trains on the frames as they are
        max_warped_shots=8 if sizes.reads_warped_shot else 1,
    )
    settings = FeedSettings(
        options.data, episodes, options.list, options.seed, options.workers, int(options.memory * _GIBIBYTE)
    )
    config = _config(options, num_videos=1)  # what is wrong with the options shows before the clips are read
    with join_ranks(device) as ranks:
        feed = open_feed(settings, ranks)
        if config.minutes is None and options.samples is None:
            config = _config(options, feed.num_videos)
        checkpoint = train(
            config,
            feed.episodes,
            feed.validation,
            RunFiles(options.run_dir, options.vgg19, options.vggface, options.start, options.resume),
            num_videos=feed.num_videos,
            ranks=ranks,
        )
    lines = (f"checkpoint: {checkpoint}",) if ranks.is_first else ()  # torchrun shows what every rank prints
    return Report(lines, {"checkpoint": checkpoint, "run_dir": options.run_dir})


def _config(options: argparse.Namespace, num_videos: int) -> "TrainingConfig":
    """The preset's settings with what the user changes; an epoch is one episode of each video, as in the paper."""
    from headcast.training.config import training_config

    if options.batch_size % options.accumulate:
        raise DataError(f"a batch of {options.batch_size} cannot be computed in {options.accumulate} parts; change one")
    for _, size in options.sizes:
        try:
            replace(PRESETS[options.preset], image_size=size)
        except ValueError as error:
            raise DataError(f"--sizes {size} does not suit the networks: {error}") from None
    budget = {"minutes": options.minutes, "num_samples": options.samples}
    if options.minutes is None and options.samples is None:
        epochs = options.epochs or _default_epochs(options)
        budget["num_samples"] = epochs * num_videos
    config = training_config(
        options.preset,
        seed=options.seed,
        precision=options.precision,
        compile_networks=options.compile,
        num_parts=options.accumulate,
        sizes=options.sizes,
        **budget,
    )
    if options.feed_forward:
        config = replace(config, weights=replace(config.weights, embedding_match=0.0))
    return config


def _default_epochs(options: argparse.Namespace) -> int:
    if PRESETS[options.preset].reads_warped_shot:
        raise DataError("how long to train? give --minutes, --samples or --epochs")
    return _PAPER_EPOCHS["feed-forward" if options.feed_forward else "fine-tuned"]


def _sizes(text: str) -> tuple[tuple[float, int], ...]:
    """An argparse type: "128:0.6,256:0.4" as ((0.6, 128), (0.4, 256))."""
    try:
        pairs = [part.split(":") for part in text.split(",")]
        sizes = tuple((float(share), int(size)) for size, share in pairs)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list such as 128:0.6,256:0.4") from None
    if abs(sum(share for share, _ in sizes) - 1.0) > 1e-6 or min(min(pair) for pair in sizes) <= 0:
        raise argparse.ArgumentTypeError(f"the shares in {text!r} must be positive and add up to 1")
    return sizes
