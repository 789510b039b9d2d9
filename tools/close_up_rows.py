"""Close-ups (tools/close_up_data.py) in, batches to learn from out; and what of them each part's learning looks at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headcast.close_ups.parts import PARTS
from headcast.training.episode import EpisodeBatch

Arrays = dict[str, np.ndarray]
Kinds = dict[str, list[int]]  # numbers of a file's rows by kind, some more than once

LARGE_SCALE = 1.75  # pixels of the close-up per pixel of the picture, below which a row counts as large
OPEN = 60.0  # pixels between the lips, from which on a photo is worth looking at
WIDE = (400.0, 900.0, 1600.0)  # pixels between the lips, from each of which on a row counts once more
MOVED = (38,)  # steps of the map of a change of 0.06 eye distances: a row counts once more from there on
SHUT = 60.0  # pixels between the lids, below which it counts once more
LOW_RESOLUTION = 0.15
TINTED = 0.2  # share of eyes under strongly coloured light, or old varnish
GRAINY = 0.35  # share of rows that get a grain
MIXED_COLOURS = 0.15  # share of eyes whose channels are mixed: paintings, drawings, tinted and grey photos


@dataclass(frozen=True)
class Learning:
    """How one part is learned.

    `box` (left, top, width, height) is what the perceptual distance sees, at `box_size` (height, width); `kinds` are
    the shares of a batch's rows, sorted by `sort`; `lines` says whether what is drawn of it counts like its inside.
    """

    box: tuple[float, float, float, float]
    box_size: tuple[int, int]
    kinds: Mapping[str, float]
    sort: Callable[[str, Arrays], Kinds]
    strangers: bool  # too few people are known: their eyes are deformed, and grain is added that is to stay
    flips: bool  # the part looks alike in a mirror, and has skull_x to be flipped
    lines: bool
    around: int  # pixels around the part's inside, or lines, that the discriminator looks at


def sort_mouths(name: str, rows: Arrays) -> Kinds:
    """Sort a file's mouths: wide ones count more often."""
    kinds: Kinds = {}
    inside = rows["conditioning"][..., place_of("mouth", "mouth_inside")].sum((1, 2), dtype=np.float64) / 255
    for number, pixels in enumerate(inside):
        kind = "small" if rows["scale"][number] > LARGE_SCALE else "large"
        if name.startswith("photos"):
            if pixels < OPEN:
                continue
            kind = "pairs" if kind == "large" else "photos"
        times = 1 + sum(int(pixels > least) for least in WIDE)  # closed lips are learned soon
        kinds.setdefault(kind, []).extend([number] * times)
    return kinds


def sort_eyes(name: str, rows: Arrays) -> Kinds:
    """Sort a file's eyes: those whose lids have moved far, or are shut, count more often."""
    kinds: Kinds = {}
    conditioning = rows["conditioning"]
    inside = conditioning[..., place_of("eyes", "eye_inside")].sum((1, 2), dtype=np.float64) / 255
    changes = np.abs(conditioning[:, 0, 0, place_of("eyes", "opening_change")].astype(int) - 128)
    for number, (pixels, change) in enumerate(zip(inside, changes, strict=True)):
        kind = "small" if rows["scale"][number] > LARGE_SCALE else "clips"
        kind = "photos" if name.startswith("photos") else kind
        times = 1 + sum(int(change > least) for least in MOVED) + int(pixels < SHUT and kind != "photos")
        kinds.setdefault(kind, []).extend([number] * times)
    return kinds


LEARNING: Final[Mapping[str, Learning]] = {
    "mouth": Learning(
        box=(36.0, 24.0, 120.0, 80.0),
        box_size=(64, 96),
        kinds={"large": 0.62, "small": 0.08, "photos": 0.12, "pairs": 0.18},
        sort=sort_mouths,
        strangers=False,
        flips=True,
        lines=False,
        around=6,
    ),
    "eyes": Learning(
        box=(10.0, 4.0, 76.0, 56.0),
        box_size=(56, 76),
        kinds={"clips": 0.42, "photos": 0.36, "small": 0.22},
        sort=sort_eyes,
        strangers=True,
        flips=False,
        lines=True,
        around=5,
    ),
}


INSIDE: Final = {"mouth": "mouth_inside", "eyes": "eye_inside"}


def place_of(part: str, name: str) -> int:
    """Return which channel of a part's conditioning a map is."""
    return 6 + PARTS[part].maps.index(name)


class Rows:
    """All rows of a folder, by kind; as many files as there are by now."""

    def __init__(self, folder: Path, part: str, limit: int | None) -> None:
        self._folder, self._learning, self._limit = folder, LEARNING[part], limit
        self._files: dict[str, Arrays] = {}
        self._kinds: dict[str, list[tuple[str, int]]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the files that are new."""
        for path in sorted(self._folder.glob("*.npz")):
            if path.name in self._files:
                continue
            with np.load(path) as arrays:
                rows = {name: arrays[name] for name in arrays}
            self._files[path.name] = rows
            for kind, numbers in self._learning.sort(path.name, rows).items():
                self._kinds.setdefault(kind, []).extend((path.name, number) for number in numbers)
        if self._limit:
            rows = next(iter(self._kinds.values()))
            self._kinds = {next(iter(self._kinds)): rows[:: max(1, len(rows) // self._limit)][: self._limit]}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are."""
        return {kind: len(rows) for kind, rows in self._kinds.items()}

    def draw(self, count: int, random: np.random.Generator) -> Arrays:
        """Draw rows of all kinds."""
        kinds = [kind for kind in self._learning.kinds if self._kinds.get(kind)]
        shares = np.array([self._learning.kinds[kind] for kind in kinds])
        found = []
        for kind in random.choice(kinds, count, p=shares / shares.sum()):
            rows = self._kinds[kind]
            found.append(rows[int(random.integers(len(rows)))])
        batch = {
            name: np.stack([self._files[file][name][number] for file, number in found])
            for name in ("conditioning", "target", "mask", "shots", "num_shots")
        }
        return batch


def to_batch(
    rows: Arrays, part: str, random: np.random.Generator, *, augment: bool
) -> tuple[EpisodeBatch, Tensor, Tensor]:
    """Return a batch, its pictures disguised alike, how many shots each row has, and where (B, 1, H, W) to look."""
    learning = LEARNING[part]
    conditioning = torch.from_numpy(rows["conditioning"]).permute(0, 3, 1, 2).float() / 255
    target = torch.from_numpy(rows["target"]).permute(0, 3, 1, 2).float() / 255
    shots = torch.from_numpy(rows["shots"]).permute(0, 1, 4, 2, 3).float() / 255
    mask = torch.from_numpy(rows["mask"]).float()[:, None] / 255
    if augment:
        _recolour(conditioning, target, shots, learning, random)
        _reduce(conditioning, target, place_of(part, "resolution"), random)
        if learning.strangers:
            _deform(conditioning, target, mask, random)
            _grain(conditioning, target, random)
        if learning.flips:
            _flip(conditioning, target, mask, shots, place_of(part, "skull_x"), random)
    inside = conditioning[:, place_of(part, INSIDE[part]) :][:, :1]
    if learning.lines:
        inside = torch.maximum(inside, conditioning[:, :2].amax(1, keepdim=True) * (mask > 0))
    watched = functional.max_pool2d(inside, 2 * learning.around + 1, 1, learning.around)
    boxes = torch.tensor(learning.box).repeat(len(target), 1)
    batch = EpisodeBatch(
        shots=shots[:, :, :3] * 2 - 1,
        shot_landmark_images=shots[:, :, 3:] * 2 - 1,
        conditioning=torch.cat([conditioning[:, :6] * 2 - 1, conditioning[:, 6:]], 1).contiguous(
            memory_format=torch.channels_last
        ),
        target=(target * 2 - 1).contiguous(memory_format=torch.channels_last),
        region_weights=0.1 + mask + 3 * functional.avg_pool2d(inside, 5, 1, 2),
        mouth_boxes=boxes,
        eye_boxes=boxes,
        video_index=torch.zeros(len(target), dtype=torch.int64),
    )
    return batch, torch.from_numpy(rows["num_shots"]), watched


def _recolour(
    conditioning: Tensor, target: Tensor, shots: Tensor, learning: Learning, random: np.random.Generator
) -> None:
    """Change the light of each row's pictures, in place."""
    count = len(target)
    gamma = torch.from_numpy(np.exp(random.uniform(-0.35, 0.35, (count, 1, 1, 1)))).float()
    gain = torch.from_numpy(random.uniform(0.8, 1.15, (count, 3, 1, 1))).float()
    mix = torch.eye(3).repeat(count, 1, 1)
    if learning.strangers:
        tinted = torch.from_numpy(random.random(count) < TINTED)
        gain[tinted] = torch.from_numpy(random.uniform(0.25, 1.1, (int(tinted.sum()), 3, 1, 1))).float()
        strange = torch.from_numpy(random.random(count) < MIXED_COLOURS)
        mix[strange] = torch.from_numpy(random.dirichlet((0.8, 0.8, 0.8), (int(strange.sum()), 3))).float()

    def coloured(images: Tensor) -> Tensor:
        """Return images (B, ..., 3, H, W) in the new light."""
        more = images.dim() - 4
        power, times = gamma[(slice(None), *[None] * more)], gain[(slice(None), *[None] * more)]
        mixed = torch.einsum("bij,b...jhw->b...ihw", mix, images)
        return (mixed.clamp(1e-4, 1) ** power * times).clamp(0, 1)

    conditioning[:, 3:6] = coloured(conditioning[:, 3:6])
    target[:] = coloured(target)
    shots[:, :, :3] = coloured(shots[:, :, :3])


def _reduce(conditioning: Tensor, target: Tensor, resolution: int, random: np.random.Generator) -> None:
    """Take half of the resolution from some rows, in place."""
    low = torch.from_numpy(random.random(len(target)) < LOW_RESOLUTION)
    if low.any():
        both = torch.cat([conditioning[low, 3:6], target[low]], 1)
        both = functional.interpolate(functional.avg_pool2d(both, 2), scale_factor=2.0, mode="bilinear")
        conditioning[low, 3:6], target[low] = both[:, :3], both[:, 3:]
        conditioning[low, resolution] *= 0.5


def _deform(conditioning: Tensor, target: Tensor, mask: Tensor, random: np.random.Generator) -> None:
    """Give each row eyes of another shape, in place."""
    count = len(target)
    deformed = np.eye(2) * np.exp(random.normal(0, 0.1, (count, 1, 2))) + random.normal(0, 0.08, (count, 2, 2))
    away = random.normal(0, 0.04, (count, 2, 1))
    transform = torch.from_numpy(np.concatenate([deformed, away], 2)).float()
    everything = torch.cat([conditioning, target, mask], 1)
    grid = functional.affine_grid(transform, list(everything.shape), align_corners=False)
    everything = functional.grid_sample(everything, grid, padding_mode="border", align_corners=False)
    channels = conditioning.shape[1]
    conditioning[:], target[:], mask[:] = everything.split([channels, 3, 1], 1)


def _grain(conditioning: Tensor, target: Tensor, random: np.random.Generator) -> None:
    """Give some rows one grain for the carried picture and the true one, in place."""
    count, _, height, width = target.shape
    for number in np.flatnonzero(random.random(count) < GRAINY):
        step = int(random.choice((1, 2, 4)))
        coarse = random.normal(0, 1, (1, 1, height // step, width // step)).astype(np.float32)
        grain = functional.interpolate(torch.from_numpy(coarse), size=(height, width), mode="bicubic")[0]
        grain = float(random.uniform(0.01, 0.08)) * grain * torch.from_numpy(random.uniform(0.5, 1, (3, 1, 1))).float()
        conditioning[number, 3:6] = (conditioning[number, 3:6] + grain).clamp(0, 1)
        target[number] = (target[number] + grain).clamp(0, 1)


def _flip(
    conditioning: Tensor, target: Tensor, mask: Tensor, shots: Tensor, skull_x: int, random: np.random.Generator
) -> None:
    """Show some rows as a mirror does, in place."""
    flip = torch.from_numpy(random.random(len(target)) < 0.5)
    conditioning[flip] = conditioning[flip].flip(3)
    conditioning[flip, skull_x] = 1 - conditioning[flip, skull_x]
    target[flip], mask[flip], shots[flip] = target[flip].flip(3), mask[flip].flip(3), shots[flip].flip(4)
