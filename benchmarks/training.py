"""Shards or clips in; samples a second, peak memory, loading share and share of the machine's matmul rate out.

Each preset trains for a few steps in a process of its own. `--plan` adds what full VoxCeleb2 would take and cost on
GPUs: an estimate, by the arithmetic that docs/training.md explains.

    python benchmarks/training.py --data DIR [--plan]
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import torch
from _machine import print_machine
from torch.utils.flop_counter import FlopCounterMode

from headcast.data.episodes import EpisodeSettings
from headcast.errors import HeadcastError
from headcast.evaluation.machine import describe_machine
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.budget import Budget
from headcast.training.config import training_config
from headcast.training.content import FeatureNetworks
from headcast.training.distributed import Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.feed import NUM_PREFETCHED, FeedSettings, open_feed
from headcast.training.meta import MetaLearner
from headcast.training.precision import autocast
from headcast.training.run import with_offline_content

NUM_SHOTS = {"lite": 3, "paper": 8}
BATCH_SIZE = {"lite": 8, "paper": 2}
NUM_STEPS = {"lite": 20, "paper": 3}

# The plan. VGG19 and VGGFace up to relu5_1 at 256 pixels: the target forward, the frame forward and backward.
VGG_FLOP = 3 * (47.3e9 + 37.7e9)
NUM_VIDEOS, NUM_EPOCHS = 145_569, 75
GPU_RATES = (100e12, 300e12)  # bf16, sustained: 10 to 30 % of an H100's or H200's 989 TFLOP/s
SCALING = {1: 1.0, 8: 0.9, 64: 0.8}  # of the rate that so many GPUs keep
DOLLARS_PER_HOUR = 3.0  # of one GPU


@dataclass(frozen=True)
class Measurement:
    """One preset's figures."""

    samples_per_second: float
    loading_share: float
    episodes_per_second: float  # that loading alone would give
    peak_mebibytes: float
    flop_per_sample: float
    matmul_flop_per_second: float

    @property
    def matmul_share(self) -> float:
        """Share of the machine's measured matmul rate that training keeps up."""
        return self.samples_per_second * self.flop_per_sample / self.matmul_flop_per_second


def main() -> None:
    """Measure every preset and print a table."""
    options = parse_options()
    if options.only:
        print(json.dumps(asdict(measure(options, options.only))))
        return
    print_machine()
    results = {preset: measure_apart(preset) for preset in options.presets}
    for preset, result in results.items():
        print_result(preset, result)
        if options.plan and preset == "paper":
            print_plan(result.flop_per_sample + VGG_FLOP)
    if options.json:
        table = {preset: asdict(result) for preset, result in results.items()}
        options.json.write_text(json.dumps({"machine": describe_machine(), "results": table}, indent=1))


def print_result(preset: str, result: Measurement) -> None:
    """Print one preset's figures."""
    print(
        f"\n{preset}\n{result.samples_per_second:12.2f} samples a second"
        f"\n{result.loading_share:12.1%} of the time waiting for episodes"
        f"\n{result.episodes_per_second:12.1f} episodes a second if nothing else were done"
        f"\n{result.peak_mebibytes:12.0f} MiB of memory at most"
        f"\n{result.flop_per_sample / 1e9:12.1f} GFLOP a sample"
        f"\n{result.matmul_share:12.0%} of the matmul rate of {result.matmul_flop_per_second / 1e9:.0f} GFLOP/s"
    )


def measure_apart(preset: str) -> Measurement:
    """Measure in a fresh process, whose peak memory is its own."""
    command = [sys.executable, *sys.argv, "--only", preset]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Measurement(**json.loads(answer.stdout.splitlines()[-1]))


def measure(options: argparse.Namespace, preset: str) -> Measurement:
    """Train for some steps, as `headcast train` does."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    sizes, batch_size = PRESETS[preset], options.batch_size or BATCH_SIZE[preset]
    settings = EpisodeSettings(
        batch_size,
        NUM_SHOTS[preset],
        sizes.image_size,
        sizes.embedder_image_size,
        max_warped_shots=8 if sizes.reads_warped_shot else 1,
    )
    ranks = Ranks(device=device)
    feed = open_feed(FeedSettings(options.data, settings, options.list, num_workers=options.workers), ranks)
    config = training_config(preset, num_samples=1, adversarial_start=0.0, compile_networks=options.compile)
    config = with_offline_content(config, FeatureNetworks())
    learner = MetaLearner(build_model(sizes, 0), feed.num_videos, config, FeatureNetworks(), device, ranks)
    budget, episodes = Budget(config), feed.episodes(0)
    first = next(episodes)
    with FlopCounterMode(display=False) as counter:
        learner.step(first, progress=0.5)
    learner.step(next(episodes), progress=0.5)
    budget.rates()  # what was until now does not count
    for batch in islice(budget.awaited(episodes), options.steps or NUM_STEPS[preset]):
        learner.step(batch, progress=0.5)
        budget.num_samples += len(batch)
    rates = budget.rates()
    return Measurement(
        rates["samples_per_second"],
        rates["loading_share"],
        loading_rate(episodes),
        peak_mebibytes(device),
        counter.get_total_flops() / batch_size,
        matmul_rate(device),
    )


def loading_rate(episodes: Iterator[EpisodeBatch]) -> float:
    """Return episodes a second when nothing else is done."""
    for _ in range(NUM_PREFETCHED + 1):  # made while the networks learned
        next(episodes)
    start = time.perf_counter()
    count = sum(len(batch) for batch in islice(episodes, NUM_PREFETCHED))
    return count / (time.perf_counter() - start)


def matmul_rate(device: torch.device) -> float:
    """Return FLOP a second of a large matrix product, in the precision of training; the best of ten."""
    size = 8192 if device.type == "cuda" else 2048
    best = 0.0
    with autocast(device, "auto") as _, torch.no_grad():
        first, second = torch.rand(size, size, device=device), torch.rand(size, size, device=device)
        if torch.is_autocast_enabled(device.type):
            first, second = first.bfloat16(), second.bfloat16()
        for _ in range(10):
            start = time.perf_counter()
            (first @ second)[0, 0].item()  # waits for the GPU
            best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def peak_mebibytes(device: torch.device) -> float:
    """Return the most memory used so far: the GPU's where there is one, else the process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def print_plan(flop_per_sample: float) -> None:
    """Print hours and dollars for the paper's schedule on full VoxCeleb2."""
    total = flop_per_sample * NUM_VIDEOS * NUM_EPOCHS
    print(f"\nfull VoxCeleb2, {NUM_EPOCHS} epochs of {NUM_VIDEOS} videos, an ESTIMATE: {total:.2g} FLOP")
    for count, scaling in SCALING.items():
        slow, fast = (total / (rate * scaling * count) / 3600 for rate in GPU_RATES)
        low, high = (hours * count * DOLLARS_PER_HOUR for hours in (fast, slow))
        rate = GPU_RATES[1] * scaling * count / flop_per_sample
        print(f"{count:>3} GPUs: {fast:.1f} to {slow:.1f} hours, ${low:.0f} to ${high:.0f}, up to {rate:.0f} samples/s")


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="shards, or a folder of clips")
    parser.add_argument("--list", type=Path, help="of clips: columns file, identity, split")
    parser.add_argument("--presets", nargs="+", choices=("lite", "paper"), default=("lite", "paper"))
    parser.add_argument("--batch-size", type=int, help=f"default: {BATCH_SIZE}")
    parser.add_argument("--steps", type=int, help=f"default: {NUM_STEPS}")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare episodes; default: %(default)s")
    parser.add_argument("--compile", action="store_true", help="compile the networks")
    parser.add_argument("--plan", action="store_true", help="estimate full VoxCeleb2 on GPUs")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--only", choices=("lite", "paper"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"training: {error}") from None
