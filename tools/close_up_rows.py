"""Close-ups of mouths (tools/close_up_data.py) in, batches to learn from out."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headcast.training.episode import EpisodeBatch
from headcast.warping.mouth_crop import CLOSE_UP_MAPS

BOX = (36.0, 24.0, 120.0, 80.0)  # left, top, width, height of what the perceptual distance sees
KINDS = {"large": 0.62, "small": 0.08, "photos": 0.12, "pairs": 0.18}  # of the rows of a batch
LARGE_SCALE = 1.75  # pixels of the close-up per pixel of the picture, below which a row counts as large
OPEN = 60.0  # pixels between the lips, from which on a photo is worth looking at
WIDE = (400.0, 900.0, 1600.0)  # pixels between the lips, from each of which on a row counts once more
LOW_RESOLUTION = 0.15
SKULL_X = CLOSE_UP_MAPS.index("skull_x") + 6
RESOLUTION = CLOSE_UP_MAPS.index("resolution") + 6
INSIDE = CLOSE_UP_MAPS.index("mouth_inside") + 6


class Rows:
    """All rows of a folder, by kind; as many files as there are by now."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self._folder, self._limit = folder, limit
        self._files: dict[str, dict[str, np.ndarray]] = {}
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
        """How many rows of each kind there are."""
        return {kind: len(rows) for kind, rows in self._kinds.items()}

    def draw(self, count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw rows of all kinds."""
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
        video_index=torch.zeros(count, dtype=torch.int64),
    )
    return batch, torch.from_numpy(rows["num_shots"])
