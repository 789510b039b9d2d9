"""Shards of clips in, a run folder with the paper's own networks, small enough for one core, meta-trained, out.

Every frame is kept in memory at the networks' size: no loader stands between data and arithmetic. A clip is learned
from in several disguises, each a video of its own, because a few dozen people are soon memorised.

    python benchmarks/paper_train.py --data SHARDS --vgg19 VGG19 --run-dir RUN --minutes 45
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from headcast.data.augment import Disguise, random_disguise
from headcast.data.episodes import Arrays, resize_shot, stack
from headcast.data.regions import eyes_loss_box, mouth_loss_box, region_weights
from headcast.data.shards import ShardClip, load_all
from headcast.errors import HeadcastError
from headcast.media.prefetch import prefetch
from headcast.networks.presets import PRESETS
from headcast.training.config import training_config
from headcast.training.episode import EpisodeBatch, batch_from_arrays
from headcast.training.run import RunFiles, train
from headcast.warping.draw import draw_landmark_image

PRESET = "small_paper"
SIZE = PRESETS[PRESET].image_size
FRAMES_PER_VIDEO = 40
BATCH_SIZE = 8
NUM_SHOTS, NUM_VALIDATION_SHOTS = 2, 8
NUM_VALIDATION_BATCHES = 6
VALIDATE_STEPS = 250


def main() -> None:
    """Meta-train on the split `train`, judge on `val`."""
    options = parse_options()
    random = np.random.default_rng(options.seed)
    learned = Videos(load_all(options.data, "train"), options.disguises, random)
    judged = Videos(load_all(options.data, "val"), 1, random)
    numbers = range(0, BATCH_SIZE * NUM_VALIDATION_BATCHES, BATCH_SIZE)
    validation = [judged.batch(range(first, first + BATCH_SIZE), NUM_VALIDATION_SHOTS, random) for first in numbers]

    def episodes(step: int) -> Iterator[EpisodeBatch]:
        return prefetch(map(batch_from_arrays, learned.batches(np.random.default_rng([options.seed, step]))), 2)

    train(
        training_config(PRESET, seed=options.seed, minutes=options.minutes, validate_steps=VALIDATE_STEPS),
        episodes,
        list(map(batch_from_arrays, validation)),
        RunFiles(options.run_dir, vgg19_path=options.vgg19, resume=options.resume),
        num_videos=len(learned),
    )


class Videos:
    """Frames of clips in memory, each clip in `num_disguises` versions, the first undisguised."""

    def __init__(self, clips: Sequence[ShardClip], num_disguises: int, random: np.random.Generator) -> None:
        versions = [(clip, number) for clip in clips for number in range(num_disguises)]
        self._videos = [
            _frames(clip, random_disguise(random) if number else Disguise(), random)
            for clip, number in tqdm(versions, unit="video")
        ]

    def __len__(self) -> int:
        return len(self._videos)

    def batches(self, random: np.random.Generator) -> Iterator[Arrays]:
        """Yield batches of episodes for ever."""
        while True:
            yield self.batch(random.integers(len(self), size=BATCH_SIZE).tolist(), NUM_SHOTS, random)

    def batch(self, videos: Sequence[int], num_shots: int, random: np.random.Generator) -> Arrays:
        """Draw one episode of each video (numbers past the last start again): K shots and another frame as target."""
        return stack([self._episode(video % len(self), num_shots, random) for video in videos])

    def _episode(self, video: int, num_shots: int, random: np.random.Generator) -> Arrays:
        frames = self._videos[video]
        count = len(frames["target"])
        target, *shots = random.choice(count, num_shots + 1, replace=count <= num_shots).tolist()
        return {
            **{name: values[target] for name, values in frames.items()},
            "shots": frames["target"][shots],
            "shot_landmark_images": frames["conditioning"][shots],
            "video_index": np.array(video),
        }


def _frames(clip: ShardClip, disguise: Disguise, random: np.random.Generator) -> Arrays:
    """Some frames of one clip in one disguise, stacked, named like the fields of training's EpisodeBatch."""
    chosen = random.choice(len(clip), min(len(clip), FRAMES_PER_VIDEO), replace=False)
    frames: list[Arrays] = []
    for number in chosen.tolist():
        shot = resize_shot(disguise.apply(clip.shot(number)), SIZE)
        frames.append(
            {
                "conditioning": draw_landmark_image(shot.landmarks, SIZE).transpose(2, 0, 1),
                "target": shot.image.transpose(2, 0, 1),
                "region_weights": region_weights(shot)[None],
                "mouth_boxes": mouth_loss_box(shot.landmarks),
                "eye_boxes": eyes_loss_box(shot.landmarks),
            }
        )
    return stack(frames)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="shards, as `headcast prepare` makes them")
    parser.add_argument("--disguises", type=int, default=8, help="of each clip, none included; default: %(default)s")
    parser.add_argument("--vgg19", type=Path, required=True, help="content loss: VGG19, safetensors")
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"paper_train: {error}") from None
