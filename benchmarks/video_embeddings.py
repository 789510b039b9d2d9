"""Nothing in; how much a hundred thousand more video embeddings slow a training step, and what they add on disk, out.

Two learners, alike but for the number of videos, take steps in turn, so that whatever else the machine does meets
both; the ratio is that of the medians.

    python benchmarks/video_embeddings.py
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from _machine import print_machine

from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.config import training_config
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.meta import MetaLearner
from headcast.training.state import save_state

FEW = 1_000
NUM_WARM_UP = 2  # the optimiser makes room for its moments in the first step


def main() -> None:
    """Time both and print a table."""
    options = parse_options()
    print_machine()
    learners = {num_videos: make_learner(options.preset, num_videos) for num_videos in (FEW, FEW + options.more)}
    seconds: dict[int, list[float]] = {num_videos: [] for num_videos in learners}
    for number in range(options.steps + NUM_WARM_UP):
        for num_videos, learner in learners.items():
            batch = make_batch(options.preset, options.batch_size, num_videos, seed=number)
            start = time.perf_counter()
            learner.step(batch, progress=0.5)
            if number >= NUM_WARM_UP:
                seconds[num_videos].append(time.perf_counter() - start)
    medians = {num_videos: statistics.median(times) for num_videos, times in seconds.items()}
    for num_videos, learner in learners.items():
        size = saved_bytes(learner) / 2**20
        print(f"{num_videos:>8} videos: {1000 * medians[num_videos]:7.1f} ms a step, {size:6.1f} MiB of them saved")
    ratio = medians[FEW + options.more] / medians[FEW]
    print(f"{options.more} more video embeddings: {ratio - 1:+.1%} step time")


def make_learner(preset: str, num_videos: int) -> MetaLearner:
    """Return a learner whose discriminator works from the first step."""
    config = training_config(preset, num_samples=1, adversarial_start=0.0)
    model = build_model(PRESETS[preset], seed=0)
    return MetaLearner(model, num_videos, config, FeatureNetworks(), torch.device("cpu"))


def make_batch(preset: str, count: int, num_videos: int, seed: int) -> EpisodeBatch:
    """Return episodes of noise, of videos from the whole range."""
    sizes, random = PRESETS[preset], torch.Generator().manual_seed(seed)
    frame, shot = sizes.image_size, sizes.embedder_image_size

    def noise(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=random) * 2 - 1

    box = torch.tensor([[0.3, 0.6, 0.4, 0.25]]) * frame
    return EpisodeBatch(
        shots=noise(count, 3, 3, shot, shot),
        shot_landmark_images=noise(count, 3, 3, shot, shot),
        conditioning=noise(count, 13, frame, frame),
        target=noise(count, 3, frame, frame),
        region_weights=torch.ones(count, 1, frame, frame),
        mouth_boxes=box.repeat(count, 1),
        eye_boxes=box.repeat(count, 1),
        video_index=torch.randint(num_videos, (count,), generator=random),
    )


def saved_bytes(learner: MetaLearner) -> int:
    """Return the size of the file that holds the embeddings and their optimiser."""
    with tempfile.TemporaryDirectory() as folder:
        save_state(Path(folder), learner, {})
        (file,) = Path(folder).glob("state/*/videos.safetensors")
        return file.stat().st_size


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=tuple(PRESETS), default="lite", help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--more", type=int, default=100_000, help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
