"""Close-ups of mouths (tools/close_up_data.py) in, the close-up networks out: checkpoint.safetensors.

    python tools/train_close_up.py --data DIR --run DIR --vgg19 vgg19.safetensors --minutes 60

The paper's step (training/paper_step.py) on close-ups: embedder, generator, projection discriminator. Files that are
added to the data while it runs are read; a run that was stopped goes on where it was saved last.
"""

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import torch
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
from headcast.training.content import MOUTH_SIZE, FeatureNetworks, region_distance
from headcast.training.episode import EpisodeBatch
from headcast.training.paper_step import Setup, generator_loss, update
from headcast.training.losses import feature_matching_loss
from headcast.training.precision import autocast
from headcast.warping.mouth_crop import CLOSE_UP_MAPS

WEIGHTS = LossWeights(pyramid=4.0)
PERCEPTUAL = 0.1
BOX = (36.0, 24.0, 120.0, 80.0)  # left, top, width, height of what the perceptual distance sees
KINDS = {"large": 0.62, "small": 0.08, "photos": 0.12, "pairs": 0.18}  # of the rows of a batch
LARGE_SCALE = 1.75  # pixels of the close-up per pixel of the picture, below which a row counts as large
OPEN = 60.0  # pixels between the lips, from which on a photo is worth looking at
WIDE = (400.0, 900.0, 1600.0)  # pixels between the lips, from each of which on a row counts once more
LOUDNESS = 10.0  # of the discriminator's scores, which spectral norm keeps small in a network so narrow
ADVERSARIAL, MATCHING = 1.0, 10.0
LOW_RESOLUTION, DROP_EMBEDDING = 0.15, 0.1
DECAY = 0.999
SKULL_X = CLOSE_UP_MAPS.index("skull_x") + 6
RESOLUTION = CLOSE_UP_MAPS.index("resolution") + 6
INSIDE = CLOSE_UP_MAPS.index("mouth_inside") + 6


class PatchDiscriminator(nn.Module):
    """Judges every place of a close-up by what is around it: soft teeth are a local fault, which a mean would hide."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3 + 3 + 1, 32, 64, 64, 1)
        layers = [nn.Conv2d(*pair, 4, 2, 1) for pair in itertools.pairwise(widths[:3])]
        layers += [nn.Conv2d(*pair, 3, 1, 1) for pair in itertools.pairwise(widths[2:])]
        self.layers = nn.ModuleList(parametrizations.spectral_norm(layer) for layer in layers)

    def forward(self, frames: Tensor, batch: EpisodeBatch) -> tuple[Tensor, list[Tensor]]:
        """Scores (B, 1, H / 4, W / 4) of frames with their landmark images, and the feature maps before."""
        features = torch.cat([frames, batch.conditioning[:, :3], batch.conditioning[:, INSIDE : INSIDE + 1]], 1)
        maps = []
        for layer in self.layers[:-1]:
            features = functional.leaky_relu(layer(features), 0.2)
            maps.append(features)
        return LOUDNESS * self.layers[-1](features).float(), maps


def weighted(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of values (B, 1, h, w) by weights of another size."""
    weights = functional.interpolate(weights, size=values.shape[-2:], mode="area")
    return (values * weights).sum() / weights.sum().clamp_min(1e-6)


class Rows:
    """All rows of a folder, by kind; as many files as there are by now."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self._folder, self._limit = folder, limit
        self._files: dict[str, dict[str, np.ndarray]] = {}
        self._kinds: dict[str, list[tuple[str, int]]] = {}
        self._identities: dict[str, int] = {}
        self.refresh()

    def refresh(self) -> None:
        for path in sorted(self._folder.glob("*.npz")):
            if path.name in self._files:
                continue
            with np.load(path) as arrays:
                rows = {name: arrays[name] for name in arrays}
            self._files[path.name] = rows
            inside = rows["conditioning"][..., INSIDE].sum((1, 2), dtype=np.float64) / 255
            for number in range(len(inside)):
                kind = "small" if rows["scale"][number] > LARGE_SCALE else "large"
                if path.name.startswith("photos"):
                    if inside[number] < OPEN:
                        continue
                    kind = "pairs" if kind == "large" else "photos"
                times = 1 + sum(int(inside[number] > pixels) for pixels in WIDE)  # closed lips are learned soon
                self._kinds.setdefault(kind, []).extend([(path.name, number)] * times)
        if self._limit:
            self._kinds = {
                "large": self._kinds["large"][:: max(1, len(self._kinds["large"]) // self._limit)][: self._limit]
            }

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in self._kinds.items()}

    def draw(self, count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
        kinds = [kind for kind in KINDS if self._kinds.get(kind)]
        shares = np.array([KINDS[kind] for kind in kinds])
        found = []
        for kind in random.choice(kinds, count, p=shares / shares.sum()):
            rows = self._kinds[kind]
            found.append(rows[int(random.integers(len(rows)))])
        batch = {
            name: np.stack([self._files[file][name][number] for file, number in found])
            for name in ("conditioning", "target", "mask", "shots", "num_shots")
        }
        names = [str(self._files[file]["identity"][number]) for file, number in found]
        batch["index"] = np.array([self._identities.setdefault(name, len(self._identities)) for name in names])
        return batch


def to_batch(rows: dict[str, np.ndarray], random: np.random.Generator, *, augment: bool) -> tuple[EpisodeBatch, Tensor]:
    """Return a batch, its pictures disguised alike, and how many shots each row has."""
    conditioning = torch.from_numpy(rows["conditioning"]).permute(0, 3, 1, 2).float() / 255
    target = torch.from_numpy(rows["target"]).permute(0, 3, 1, 2).float() / 255
    shots = torch.from_numpy(rows["shots"]).permute(0, 1, 4, 2, 3).float() / 255
    mask = torch.from_numpy(rows["mask"]).float()[:, None] / 255
    count = len(target)
    if augment:
        gamma = torch.from_numpy(np.exp(random.uniform(-0.35, 0.35, (count, 1, 1, 1)))).float()
        gain = torch.from_numpy(random.uniform(0.8, 1.15, (count, 3, 1, 1))).float()

        def coloured(images: Tensor, power: Tensor, times: Tensor) -> Tensor:
            return (images.clamp(1e-4, 1) ** power * times).clamp(0, 1)

        conditioning[:, 3:6] = coloured(conditioning[:, 3:6], gamma, gain)
        target = coloured(target, gamma, gain)
        shots[:, :, :3] = coloured(shots[:, :, :3], gamma[:, None], gain[:, None])
        low = torch.from_numpy(random.random(count) < LOW_RESOLUTION)
        if low.any():
            both = torch.cat([conditioning[low, 3:6], target[low]], 1)
            both = functional.interpolate(functional.avg_pool2d(both, 2), scale_factor=2.0, mode="bilinear")
            conditioning[low, 3:6], target[low] = both[:, :3], both[:, 3:]
            conditioning[low, RESOLUTION] *= 0.5
        flip = torch.from_numpy(random.random(count) < 0.5)
        conditioning[flip] = conditioning[flip].flip(3)
        conditioning[flip, SKULL_X] = 1 - conditioning[flip, SKULL_X]
        target[flip], mask[flip], shots[flip] = target[flip].flip(3), mask[flip].flip(3), shots[flip].flip(4)
    conditioning[:, :6] = conditioning[:, :6] * 2 - 1
    shots = shots * 2 - 1
    inside = conditioning[:, INSIDE : INSIDE + 1]
    boxes = torch.tensor(BOX).repeat(count, 1)
    batch = EpisodeBatch(
        shots=shots[:, :, :3],
        shot_landmark_images=shots[:, :, 3:],
        conditioning=conditioning.contiguous(memory_format=torch.channels_last),
        target=(target * 2 - 1).contiguous(memory_format=torch.channels_last),
        region_weights=0.1 + mask + 3 * functional.avg_pool2d(inside, 5, 1, 2),
        mouth_boxes=boxes,
        eye_boxes=boxes,
        video_index=torch.from_numpy(rows["index"]),
    )
    return batch, torch.from_numpy(rows["num_shots"])


def watched(batch: EpisodeBatch) -> Tensor:
    """Where (B, 1, H, W) the discriminator looks: between the lips and a little around."""
    return functional.max_pool2d(batch.conditioning[:, INSIDE : INSIDE + 1], 13, 1, 6)


def embed(model: Model, batch: EpisodeBatch, counts: Tensor) -> Tensor:
    """Return e_hat (B, N), each row's mean over the shots that it has."""
    there = torch.arange(batch.shots.shape[1]) < counts[:, None]
    found = model.embedder(batch.shots[there], batch.shot_landmark_images[there])
    rows = torch.arange(len(batch))[:, None].expand_as(there)[there]
    sums = found.new_zeros(len(batch), found.shape[1]).index_add(0, rows, found)
    return sums / counts[:, None]


def main() -> None:
    """Train until the time is over."""
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    options.run.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.data, options.overfit)
    config = PRESETS["mouth"]
    model, average = build_model(config, seed=0), build_model(config, seed=0)
    patches = PatchDiscriminator()
    setup = Setup(model.discriminator, FeatureNetworks(load_vgg19(options.vgg19)), WEIGHTS, "auto")
    for module in (model.generator, patches, setup.features.vgg19):
        module.to(memory_format=torch.channels_last)
    learned = [*model.embedder.parameters(), *model.generator.parameters()]
    painter = torch.optim.Adam(learned, 1e-3, (0.5, 0.99))
    judge = torch.optim.Adam(patches.parameters(), 4e-4, (0.0, 0.99))
    parts = {"model_e": model.embedder, "model_g": model.generator, "patches": patches,
             "average_e": average.embedder, "average_g": average.generator, "painter": painter, "judge": judge}  # fmt: skip
    state_path, seen, spent = options.run / "state.pt", 0, 0.0
    if state_path.exists():
        state = torch.load(state_path, weights_only=False)
        seen, spent, rows._identities = state["seen"], state["spent"], state["identities"]
        for name, part in parts.items():
            if name in state and name not in ("judge", "patches") or "patches" in state:
                part.load_state_dict(state[name])

    def save() -> None:
        state = {name: part.state_dict() for name, part in parts.items()}
        state |= {"seen": seen, "spent": spent, "identities": rows._identities}
        write_file(state_path, lambda path: torch.save(state, path))
        average.discriminator.load_state_dict(model.discriminator.state_dict())
        path = options.run / "checkpoint.safetensors"
        save_checkpoint(path, average, CheckpointNotes("mouth", seen), half=True)
        if seen // 10_000 > (seen - 5_000) // 10_000:
            save_checkpoint(options.run / f"at_{seen}.safetensors", average, CheckpointNotes("mouth", seen), half=True)

    random, started, last, means = np.random.default_rng(seen), time.time() - spent, time.time(), {}
    first = seen
    while True:
        spent = time.time() - started
        share = spent / (60 * options.minutes)
        if share >= 1:
            break
        rate = min(1.0, (seen - first + 1) / 800) * max(0.03, 0.5 + 0.5 * np.cos(np.pi * share))
        for optimizer, base in ((painter, options.rate), (judge, 4e-4)):
            for group in optimizer.param_groups:
                group["lr"] = base * rate
        batch, counts = to_batch(rows.draw(options.batch, random), random, augment=not options.overfit)
        adversarial = share > options.adversarial_start
        with autocast(torch.device("cpu"), "auto"):
            embeddings = embed(model, batch, counts)
            if random.random() < DROP_EMBEDDING:
                embeddings = embeddings.mean(0, keepdim=True).expand_as(embeddings)
            output = model.generator(batch.conditioning, model.generator.project(embeddings))
        half = slice(0, len(batch) // 2)  # what VGG19 costs is better spent on more rows
        with autocast(torch.device("cpu"), "auto"):
            perceptual = region_distance(
                output.image[half], batch.target[half], batch.mouth_boxes[half], MOUTH_SIZE, setup.features.vgg19
            )
        loss, terms = generator_loss(setup, batch, output.image, batch.mouth_boxes, None)
        part = (loss + PERCEPTUAL * perceptual, {**terms, "perceptual": perceptual})
        if adversarial:
            with torch.no_grad(), autocast(torch.device("cpu"), "auto"):
                _, real_maps = patches(batch.target, batch)
            patches.requires_grad_(False)
            with autocast(torch.device("cpu"), "auto"):
                scores, maps = patches(output.image, batch)
            patches.requires_grad_(True)
            adverse = -weighted(scores, watched(batch))
            matching = feature_matching_loss(maps, real_maps)
            loss = part[0] + ADVERSARIAL * adverse + MATCHING * matching
            part = (loss, {**part[1], "adversarial": adverse, "matching": matching})
        figures = update([part], [painter], "in close-up training")
        if adversarial:
            with autocast(torch.device("cpu"), "auto"):
                real, _ = patches(batch.target, batch)
                made, _ = patches(output.image.detach(), batch)
            hinge = weighted(functional.relu(1 - real) + functional.relu(1 + made), watched(batch))
            terms = {"hinge": hinge, "real": weighted(real, watched(batch)), "made": weighted(made, watched(batch))}
            figures |= update([(hinge, terms)], [judge], "in close-up training")
        seen += len(batch)
        decay = (
            min(DECAY, (1 + (seen - first) / options.batch) / (10 + (seen - first) / options.batch))
            if not first
            else DECAY
        )
        with torch.no_grad():
            for mine, theirs in ((average.embedder, model.embedder), (average.generator, model.generator)):
                for one, other in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
                    one.lerp_(other, 1 - decay)
        for name, value in figures.items():
            means[name] = 0.98 * means.get(name, value) + 0.02 * value
        if time.time() - last > options.save_seconds:
            last = time.time()
            rows.refresh()
            save()
            text = " ".join(f"{name} {value:.4f}" for name, value in means.items())
            print(f"{spent / 60:.1f} min, {seen} samples, {(seen - first) / (time.time() - started):.1f}/s {rows.counts} {text}", flush=True)  # fmt: skip
    save()


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--vgg19", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--adversarial-start", type=float, default=0.15, help="share of the run without discriminator")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-seconds", type=float, default=90.0)
    parser.add_argument("--overfit", type=int, help="learn so many rows by heart, to prove the pipe")
    return parser.parse_args()


if __name__ == "__main__":
    main()
