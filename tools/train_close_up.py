"""Close-ups of a part of the face (tools/close_up_data.py) in, the part's networks out: checkpoint.safetensors.

    python tools/train_close_up.py --part eyes --data DIR --run DIR --vgg19 vgg19.safetensors --minutes 60

Embedder and generator are the paper's; so is the step, but for a discriminator that judges places. Files that are
added to the data while it runs are read; a run that was stopped goes on where it was saved last.
"""

import argparse
import itertools
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from close_up_rows import INSIDE, LEARNING, Rows, place_of, to_batch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from headcast.files import write_file
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.features import load_vgg19
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks, region_distance
from headcast.training.episode import EpisodeBatch
from headcast.training.losses import feature_matching_loss
from headcast.training.paper_step import Loss, Setup, generator_loss, update
from headcast.training.precision import autocast

PYRAMID = 4.0
PERCEPTUAL = 0.1
LOUDNESS = 10.0  # of the discriminator's scores, which spectral norm keeps small in a network so narrow
ADVERSARIAL, MATCHING = 1.0, 10.0
JUDGE_RATE, WARM_UP = 4e-4, 800  # learning rate of the discriminator; samples over which both rates climb
ADVICE = "in close-up training"
DROP_EMBEDDING = 0.3
DECAY = 0.999


class PatchDiscriminator(nn.Module):
    """Judges every place of a close-up by what is around it: soft teeth are a local fault, which a mean would hide."""

    def __init__(self, inside: int) -> None:
        super().__init__()
        self._inside = inside  # the channel of the conditioning that says where the part is
        widths = (3 + 3 + 1, 32, 64, 64, 1)
        layers = [nn.Conv2d(*pair, 4, 2, 1) for pair in itertools.pairwise(widths[:3])]
        layers += [nn.Conv2d(*pair, 3, 1, 1) for pair in itertools.pairwise(widths[2:])]
        self.layers = nn.ModuleList(parametrizations.spectral_norm(layer) for layer in layers)

    def forward(self, frames: Tensor, batch: EpisodeBatch) -> tuple[Tensor, list[Tensor]]:
        """Scores (B, 1, H / 4, W / 4) of frames with their landmark images, and the feature maps before."""
        inside = batch.conditioning[:, self._inside : self._inside + 1]
        features = torch.cat([frames, batch.conditioning[:, :3], inside], 1)
        maps = []
        for layer in self.layers[:-1]:
            features = functional.leaky_relu(layer(features), 0.2)
            maps.append(features)
        return LOUDNESS * self.layers[-1](features).float(), maps


def weighted(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of values (B, 1, h, w) by weights of another size."""
    weights = functional.interpolate(weights, size=values.shape[-2:], mode="area")
    return (values * weights).sum() / weights.sum().clamp_min(1e-6)


def embed(model: Model, batch: EpisodeBatch, counts: Tensor) -> Tensor:
    """Return e_hat (B, N), each row's mean over the shots that it has."""
    there = torch.arange(batch.shots.shape[1]) < counts[:, None]
    found = model.embedder(batch.shots[there], batch.shot_landmark_images[there])
    rows = torch.arange(len(batch))[:, None].expand_as(there)[there]
    sums = found.new_zeros(len(batch), found.shape[1]).index_add(0, rows, found)
    return sums / counts[:, None]


class Run:
    """Networks, optimisers and how far they have come, kept in a folder."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._learning, config = LEARNING[options.part], PRESETS[options.part]
        self._model, self._average = build_model(config, seed=0), build_model(config, seed=0)
        self._patches = PatchDiscriminator(place_of(options.part, INSIDE[options.part]))
        self._setup = Setup(
            self._model.discriminator, FeatureNetworks(load_vgg19(options.vgg19)), LossWeights(pyramid=PYRAMID), "auto"
        )
        for module in (self._model.generator, self._patches, self._setup.features.vgg19):
            module.to(memory_format=torch.channels_last)
        learned = [*self._model.embedder.parameters(), *self._model.generator.parameters()]
        self._painter = torch.optim.Adam(learned, options.rate, (0.5, 0.99))
        self._judge = torch.optim.Adam(self._patches.parameters(), JUDGE_RATE, (0.0, 0.99))
        self.seen, self.spent = 0, 0.0
        self._state_path = options.run / "state.pt"
        if options.start:
            self._start_from(options.start)
        if self._state_path.exists():
            state = torch.load(self._state_path, weights_only=True)
            self.seen, self.spent = state["seen"], state["spent"]
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
        self._first = self.seen

    def _start_from(self, path: Path) -> None:
        """Begin with what a file has of this part."""
        tensors = load_file(path)
        for model in (self._model, self._average):
            for name in ("embedder", "generator"):
                first = f"{self._options.part}.{name}."
                own = {name.removeprefix(first): value for name, value in tensors.items() if name.startswith(first)}
                getattr(model, name).load_state_dict(own)

    def step(
        self, batch: EpisodeBatch, counts: Tensor, watched: Tensor, share: float, random: np.random.Generator
    ) -> dict[str, float]:
        """Learn from one batch when a `share` of the time is over."""
        warm = min(1.0, (self.seen - self._first + 1) / WARM_UP)
        rate = warm * max(0.03, 0.5 + 0.5 * math.cos(math.pi * share))  # a plain number: it is saved
        for optimizer, base in ((self._painter, self._options.rate), (self._judge, JUDGE_RATE)):
            for group in optimizer.param_groups:
                group["lr"] = base * rate
        with autocast(torch.device("cpu"), "auto"):
            embeddings = embed(self._model, batch, counts)
            if random.random() < DROP_EMBEDDING:
                embeddings = embeddings.mean(0, keepdim=True).expand_as(embeddings)
            painted = self._model.generator(batch.conditioning, self._model.generator.project(embeddings)).image
        adversarial = share > self._options.adversarial_start
        figures = update([self._loss(batch, painted, watched, adversarial)], [self._painter], ADVICE)
        if adversarial:
            figures |= update([self._judge_loss(batch, painted.detach(), watched)], [self._judge], ADVICE)
        self.seen += len(batch)
        self._follow()
        return figures

    def save(self) -> None:
        """Write the averaged networks, and what the run goes on from."""
        state = {name: part.state_dict() for name, part in self._parts().items()}
        write_file(self._state_path, lambda path: torch.save({**state, "seen": self.seen, "spent": self.spent}, path))
        notes = CheckpointNotes(self._options.part, self.seen)
        save_checkpoint(self._options.run / "checkpoint.safetensors", self._average, notes, half=True)

    def _loss(self, batch: EpisodeBatch, painted: Tensor, watched: Tensor, adversarial: bool) -> Loss:
        half = slice(0, len(batch) // 2)  # what VGG19 costs is better spent on more rows
        content, terms = generator_loss(self._setup, batch, painted, batch.mouth_boxes, None)
        with autocast(torch.device("cpu"), "auto"):
            size, network = self._learning.box_size, self._setup.features.vgg19
            perceptual = region_distance(painted[half], batch.target[half], batch.mouth_boxes[half], size, network)
        loss, terms = content + PERCEPTUAL * perceptual, {**terms, "perceptual": perceptual}
        if not adversarial:
            return loss, terms
        self._patches.requires_grad_(False)
        with autocast(torch.device("cpu"), "auto"):
            with torch.no_grad():
                _, real_maps = self._patches(batch.target, batch)
            scores, maps = self._patches(painted, batch)
        self._patches.requires_grad_(True)
        adverse, matching = -weighted(scores, watched), feature_matching_loss(maps, real_maps)
        loss = loss + ADVERSARIAL * adverse + MATCHING * matching
        return loss, {**terms, "adversarial": adverse, "matching": matching}

    def _judge_loss(self, batch: EpisodeBatch, painted: Tensor, there: Tensor) -> Loss:
        with autocast(torch.device("cpu"), "auto"):
            real, made = (self._patches(frames, batch)[0] for frames in (batch.target, painted))
        hinge = weighted(functional.relu(1 - real) + functional.relu(1 + made), there)
        return hinge, {"hinge": hinge, "real": weighted(real, there), "made": weighted(made, there)}

    @torch.no_grad()
    def _follow(self) -> None:
        steps = self.seen / self._options.batch
        share = 1 - min(DECAY, (1 + steps) / (10 + steps))
        for mine, theirs in (
            (self._average.embedder, self._model.embedder),
            (self._average.generator, self._model.generator),
        ):
            for one, other in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
                one.lerp_(other, share)

    def _parts(self) -> dict[str, Any]:
        return {
            **{"embedder": self._model.embedder, "generator": self._model.generator, "patches": self._patches},
            **{"average_embedder": self._average.embedder, "average_generator": self._average.generator},
            **{"painter": self._painter, "judge": self._judge},
        }


def main() -> None:
    """Train until the time is over."""
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    options.run.mkdir(parents=True, exist_ok=True)
    rows, run = Rows(options.data, options.part, options.overfit), Run(options)
    random = np.random.default_rng(run.seen)
    started, saved = time.time() - run.spent, time.time()
    means: dict[str, float] = {}
    while run.spent < 60 * options.minutes:
        drawn = rows.draw(options.batch, random)
        batch = to_batch(drawn, options.part, random, augment=not options.overfit)
        figures = run.step(*batch, run.spent / (60 * options.minutes), random)
        means = {name: 0.98 * means.get(name, value) + 0.02 * value for name, value in figures.items()}
        run.spent = time.time() - started
        if time.time() - saved > options.save_seconds:
            saved = time.time()
            rows.refresh()
            run.save()
            text = " ".join(f"{name} {value:.4f}" for name, value in means.items())
            print(f"{run.spent / 60:.1f} min, {run.seen} samples, {rows.counts}, {text}", flush=True)
    run.save()


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=LEARNING, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--vgg19", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="weights to begin with, such as headcast/assets/lite.safetensors")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--adversarial-start", type=float, default=0.15, help="share of the run without discriminator")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-seconds", type=float, default=90.0)
    parser.add_argument("--overfit", type=int, help="learn so many rows by heart, to prove the pipe")
    return parser.parse_args()


if __name__ == "__main__":
    main()
