r"""Rows of tools/whole_head_data.py and a generator of full size in, one that computes at half the side out.

    python tools/train_whole_head.py --data DIR --teacher lite.safetensors --vgg19 vgg19.safetensors \
        --run DIR --minutes 70

The weights start as the teacher's, and the embedder stays. The student learns the true frames and, at first, what the
teacher paints of them, where a picture asks the network at all (reenact/compose.py). Files that are added to the data
while it runs are read; a run that was stopped resumes from its last save.
"""

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headcast.files import write_file
from headcast.networks.checkpoint import load_checkpoint, save_checkpoint
from headcast.networks.features import load_vgg19
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.training.losses import perceptual_distance, pyramid_loss
from headcast.training.precision import autocast
from headcast.types import CONDITIONING_MAPS

CPU = torch.device("cpu")
BATCH, SAVE_STEPS, LOG_STEPS, WARM_UP = 8, 200, 50, 800
ELSEWHERE = 0.08  # weight of places where the picture does not ask the network
IMAGE, SYNTHESIS, TAUGHT, WEIGHT, PERCEPTUAL = 2.0, 0.5, 2.0, 0.5, 15.0
TAUGHT_UNTIL, PERCEPTUAL_FROM = 0.6, 0.15  # shares of the run
DROP_WARP = 0.05
DECAY = 0.999
VALIDITY, MOUTH, EYES = (6 + CONDITIONING_MAPS.index(name) for name in ("validity", "mouth_inside", "eyes_inside"))
WARPED = slice(3, 6)


class Rows:
    """All rows of a folder; as many files as there are by now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, dict[str, np.ndarray]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the files that are new."""
        for path in sorted(self._folder.glob("*.npz")):
            if path.name not in self._files:
                with np.load(path) as arrays:
                    self._files[path.name] = {name: arrays[name] for name in arrays}

    def draw(self, random: np.random.Generator) -> dict[str, Tensor]:
        """Draw a batch: pictures in [-1, 1], maps and weights in [0, 1]."""
        files = list(self._files.values())
        rows = [(file, int(random.integers(len(file["target"])))) for file in random.choice(files, BATCH)]
        raw = {name: torch.from_numpy(np.stack([file[name][row] for file, row in rows])).float() for name in files[0]}
        pictures = {name: raw[name].permute(0, 3, 1, 2) / 127.5 - 1 for name in ("conditioning", "target", "synthesis")}
        pictures["conditioning"][:, 6:] = (pictures["conditioning"][:, 6:] + 1) / 2
        return {**pictures, "warp_weight": raw["warp_weight"][:, None] / 255, "embedding": raw["embedding"]}


def asked(conditioning: Tensor) -> Tensor:
    """How much (B, 1, H, W) the picture takes from the network, and a little everywhere: see `compose.kept`."""
    openings = torch.maximum(conditioning[:, MOUTH : MOUTH + 1], conditioning[:, EYES : EYES + 1])
    around = functional.avg_pool2d(functional.max_pool2d(openings, 13, 1, 6), 5, 1, 2)
    return ELSEWHERE + 1 - conditioning[:, VALIDITY : VALIDITY + 1] * (1 - around)


class Run:
    """Student, its running average and optimiser, kept in a folder."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._teacher = load_checkpoint(options.teacher)
        self._config = PRESETS["lite"]
        inner = replace(self._config, image_size=128, generator_reduction=1)  # the rows are reduced already
        self._student, self._average = (build_model(inner, seed=0).generator for _ in range(2))
        for generator in (self._student, self._average):
            generator.load_state_dict(self._teacher.generator.state_dict())
        self._vgg19 = load_vgg19(options.vgg19)
        for module in (self._student, self._vgg19):
            module.to(memory_format=torch.channels_last)
        self._optimizer = torch.optim.Adam(self._student.parameters(), options.rate, (0.5, 0.99))
        self.seen, self.spent = 0, 0.0
        self._state_path = options.run / "state.pt"
        if self._state_path.exists():
            state = torch.load(self._state_path, weights_only=True)
            self.seen, self.spent = state["seen"], state["spent"]
            self._student.load_state_dict(state["student"])
            self._average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])

    def step(self, rows: dict[str, Tensor], share: float, random: np.random.Generator) -> dict[str, float]:
        """Learn from one batch when a `share` of the time is over."""
        rate = min(1.0, (self.seen + 1) / WARM_UP) * max(0.03, 0.5 + 0.5 * math.cos(math.pi * share))
        for group in self._optimizer.param_groups:
            group["lr"] = self._options.rate * rate
        conditioning, weights = rows["conditioning"], asked(rows["conditioning"])
        pure = random.random() < DROP_WARP
        if pure:
            conditioning[:, WARPED], conditioning[:, VALIDITY] = -1, 0
        with autocast(CPU, "auto"):
            made = self._student(
                conditioning.contiguous(memory_format=torch.channels_last), self._student.project(rows["embedding"])
            )
        terms = {
            "image": IMAGE * pyramid_loss(made.image, rows["target"], weights),
            "synthesis": SYNTHESIS * pyramid_loss(made.synthesis, rows["target"], weights),
        }
        if not pure:
            taught = TAUGHT * max(0.0, 1 - share / TAUGHT_UNTIL)
            terms["taught"] = taught * pyramid_loss(made.synthesis, rows["synthesis"], weights)
            terms["weight"] = WEIGHT * (weights * (made.warp_weight - rows["warp_weight"]).abs()).mean()
        if share > PERCEPTUAL_FROM:
            terms["perceptual"] = PERCEPTUAL * self._perceptual(made.image, rows["target"], weights)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack([*terms.values()]).sum().backward()
        self._optimizer.step()
        self.seen += BATCH
        self._follow()
        return {name: float(term.detach()) for name, term in terms.items()}

    def save(self) -> None:
        """Write the averaged student as a checkpoint, and what the run resumes from."""
        state = {"student": self._student.state_dict(), "average": self._average.state_dict()}
        state |= {"optimizer": self._optimizer.state_dict(), "seen": self.seen, "spent": self.spent}
        write_file(self._state_path, lambda path: torch.save(state, path))
        model = Model(self._config, self._teacher.embedder, self._average, self._teacher.discriminator)
        save_checkpoint(self._options.run / "checkpoint.safetensors", model, CheckpointNotes("lite", self.seen))

    def _perceptual(self, made: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        half = slice(0, BATCH // 2)  # what VGG19 costs is better spent on more rows
        with autocast(CPU, "auto"):
            with torch.no_grad():
                wanted = self._vgg19(target[half])
            return perceptual_distance(self._vgg19(made[half]), wanted, weights[half])

    @torch.no_grad()
    def _follow(self) -> None:
        steps = self.seen / BATCH
        share = 1 - min(DECAY, (1 + steps) / (10 + steps))
        for mine, theirs in zip(self._average.state_dict().values(), self._student.state_dict().values(), strict=True):
            mine.lerp_(theirs, share)


def main() -> None:
    """Learn until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--teacher", "--run", "--vgg19"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, default=2e-4)
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    run, rows = Run(options), Rows(options.data)
    random = np.random.default_rng(run.seen + 1)
    figures: list[dict[str, float]] = []
    last = time.monotonic()
    while run.spent < 60 * options.minutes:
        figures.append(run.step(rows.draw(random), run.spent / (60 * options.minutes), random))
        now = time.monotonic()
        run.spent, last = run.spent + now - last, now
        steps = run.seen // BATCH
        if steps % LOG_STEPS == 0:
            means = {name: np.mean([f[name] for f in figures if name in f]) for name in figures[-1]}
            print(run.seen, *(f"{name} {value:.4f}" for name, value in means.items()), flush=True)
            figures = []
        if steps % SAVE_STEPS == 0:
            rows.refresh()
            run.save()
    run.save()


if __name__ == "__main__":
    main()
