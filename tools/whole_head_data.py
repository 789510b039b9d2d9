r"""Clips and photos in, what the reduced whole-head generator learns from out: files of arrays, at half the side.

    python tools/whole_head_data.py --clips CLIPS --list clips.csv --photos PHOTOS --photo-list photos.csv \
        --teacher lite.safetensors --out DIR

Of the lists' rows only those of split `train` and tier `open` count. Episodes are drawn as in meta-training, several
targets for each warp of a person's shots; beside the true frame stands what a generator of full size makes of each.
Another `--seed` adds to the folder.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from close_up_data import Arrays, load, rows
from numpy.typing import NDArray

from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network
from headcast.avatars.weights import Weights, load_weights
from headcast.data.augment import random_disguise, roughen_landmarks, spoil_image
from headcast.data.clips import ClipFile, load_clip
from headcast.data.episodes import FrameDistances
from headcast.data.stills import move_still
from headcast.networks.arrays import conditioning_to_array, images_to_array
from headcast.pixels.sampling import sample
from headcast.reenact.generated import repaired
from headcast.types import VALIDITY_MAP, Conditioning, Image, Shot
from headcast.warping.draw import draw_landmark_image
from headcast.warping.warp import Warper

SIZE, REDUCED = 256, 128
ROWS = 200  # of a file
TARGETS, MOVES = 12, 3  # of one warp of a clip's shots; of one still
WARPED_SHOTS, SHARES = (1, 2, 3, 4), (0.45, 0.15, 0.15, 0.25)
STILLS, ROUGH, SPOILT = 0.8, 0.7, 0.5  # how often: stills after a clip, inexact landmarks, spoilt shots


class Teacher:
    """A model of full size: whom it sees in shots, and what it paints."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._embed = Network(find_graph(weights.config, "embedder"), weights.embedder)
        self._paint = Network(find_graph(weights.config, "generator"), weights.generator, "bf16")

    def embedding(self, shots: list[Shot]) -> NDArray[np.float32]:
        """Return e_hat (1, N), the mean of the shots' embeddings."""
        pictures = [(shot.image, draw_landmark_image(shot.landmarks, SIZE)) for shot in shots]
        found = [np.array(self._embed(*(images_to_array([part]) for part in pair))[0]) for pair in pictures]
        return np.asarray(np.mean(found, 0), np.float32)

    def row(self, conditioning: Conditioning, target: Image, embedding: NDArray[np.float32]) -> Arrays:
        """Return one row, every picture at half its side."""
        generator, config = self._weights.generator, self._weights.config
        parameters = embedding @ generator["projection.weight"].T + generator["projection.bias"]
        read = conditioning_to_array(conditioning, config.conditioning_channels, config.generator_reduction)
        (drawn,) = self._paint(read, parameters.astype(np.float32))
        painted, weight = repaired(drawn[0], conditioning)
        maps = [to_bytes(255 * reduced(plane)) for plane in np.moveaxis(conditioning.maps, 2, 0)]
        return {
            "conditioning": np.dstack([reduced(conditioning.landmark_image), reduced(conditioning.warped), *maps]),
            "target": reduced(target),
            "synthesis": to_bytes(reduced(painted)),
            "warp_weight": to_bytes(255 * reduced(weight)),
            "embedding": embedding[0],
        }


def reduced(picture: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a picture at half its side."""
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (REDUCED, REDUCED), interpolation=cv2.INTER_AREA))


def to_bytes(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Round to 0..255."""
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def clip_rows(file: ClipFile, teacher: Teacher, random: np.random.Generator) -> Iterator[Arrays]:
    """Yield rows of one person, disguised, whose shots are warped to several moments of a clip."""
    clip = load_clip(file)
    distances, disguise = FrameDistances(clip), random_disguise(random)
    first = int(random.integers(len(clip)))
    others = distances.draw_shots(int(random.choice(WARPED_SHOTS, p=SHARES)) - 1, first, random)
    shots = [disguise.apply(clip.shot(int(number))) for number in (first, *others)]
    embedding = teacher.embedding([*shots[:2], disguise.apply(clip.shot(int(random.integers(len(clip)))))])
    if random.random() < SPOILT:  # all of a take alike
        seed = int(random.integers(1 << 32))
        images = [spoil_image(shot.image, np.random.default_rng(seed)) for shot in shots]
        shots = [Shot(image, shot.landmarks, shot.matte) for image, shot in zip(images, shots, strict=True)]
    warper = Warper(shots[0], others=shots[1:])
    for _ in range(TARGETS):
        number = distances.draw_target(first, random)
        if number in others:
            continue
        target = disguise.apply(clip.shot(number))
        driving = target.landmarks
        if random.random() < ROUGH:
            driving = roughen_landmarks(driving, random)
        yield teacher.row(warper(driving).conditioning, target.image, embedding)


def still_rows(path: Path, teacher: Teacher, random: np.random.Generator) -> Iterator[Arrays]:
    """Yield rows of one photo: moved, and moved back."""
    found = load(path)
    if found is None:
        return
    target = random_disguise(random).apply(found[0])
    warper = Warper(target)
    moves = [move_still(warper, target.landmarks, random) for _ in range(MOVES)]
    embedding = teacher.embedding([move.shot for move in moves])
    for move in moves:
        warped = Warper(move.shot)(target.landmarks)
        carried = sample(move.shown, warped.grid.positions)
        warped.conditioning.maps[:, :, VALIDITY_MAP] *= move.shown + warped.carried * (carried - move.shown)
        yield teacher.row(warped.conditioning, target.image, embedding)


def main() -> None:
    """Write files until there are enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--clips", "--list", "--photos", "--photo-list", "--teacher", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=60)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    teacher, random = Teacher(load_weights(options.teacher)), np.random.default_rng(options.seed)
    clips = [ClipFile(options.clips / row["file"], row["identity"]) for row in rows(options.list)]
    photos = [options.photos / row["file"] for row in rows(options.photo_list)]
    for number in range(options.files):
        made: list[Arrays] = []
        while len(made) < ROWS:
            made += clip_rows(clips[int(random.integers(len(clips)))], teacher, random)
            if random.random() < STILLS:
                made += still_rows(photos[int(random.integers(len(photos)))], teacher, random)
        part = options.out / f"{options.seed}_{number:03d}.part"
        with part.open("wb") as file:
            np.savez(file, **{name: np.stack([row[name] for row in made]) for name in made[0]})
        part.rename(part.with_suffix(".npz"))
        print(part.stem, len(made), flush=True)


if __name__ == "__main__":
    main()
