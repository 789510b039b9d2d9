"""Folders of clips and photos in, headcast/tracking/assets/likeness.safetensors out: where people differ.

python tools/fit_likeness.py DIR [DIR ...]     each with its list beside it: DIR.csv, columns file, identity, split

Linear discriminant analysis on the training identities. Every picture is also seen once in another light, because few
people appear in more than one.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.errors import FaceError
from headcast.media.images import read_image
from headcast.media.video import open_video
from headcast.reenact.driving import PHOTO_SUFFIXES
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.likeness import LIKENESS_PATH, describe
from headcast.tracking.track import find_face
from headcast.types import Image

Array = NDArray[np.float64]

FRAMES_PER_CLIP = 12
CROP_SIZE = 256
NUM_COMPONENTS = 180  # of the descriptions, before people are told apart
VECTOR_SIZE = 64
RIDGE = 0.03  # of the mean variance within people


def main() -> None:
    """Fit and write the statistics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--split", default="train", help="default: %(default)s")
    parser.add_argument("--output", type=Path, default=LIKENESS_PATH)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    names: list[str] = []
    rows: list[Array] = []
    for folder in options.folders:
        for identity, image in pictures(folder, options.split):
            try:
                landmarks = find_face(image)
            except FaceError:
                continue
            box = head_crop(landmarks, (image.shape[1], image.shape[0]))
            crop, points = crop_image(image, box, CROP_SIZE), crop_landmarks(landmarks, box, CROP_SIZE)
            rows += [describe(crop, points), describe(relight(crop, random), points)]
            names += [identity, identity]
    mean, projection = discriminants(np.array(rows), np.array(names))
    arrays = {"mean": mean.astype(np.float32), "projection": projection.astype(np.float16)}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, options.output)
    print(f"{options.output}: {len(rows) // 2} pictures of {len(set(names))} people")


def pictures(folder: Path, split: str) -> Iterator[tuple[str, Image]]:
    """Yield identity and picture: each photo, and some frames of each clip."""
    with folder.with_suffix(".csv").open(newline="") as file:
        listed = [(row["file"], row["identity"]) for row in csv.DictReader(file) if row["split"] == split]
    for name, identity in listed:
        path = folder / name
        if path.suffix in PHOTO_SUFFIXES:
            yield identity, read_image(path)
            continue
        with open_video(path) as video:
            wanted = set(np.linspace(0, video.num_frames - 1, FRAMES_PER_CLIP).round().astype(int).tolist())
            yield from ((identity, frame.image) for number, frame in enumerate(video) if number in wanted)


def relight(image: Image, random: np.random.Generator) -> Image:
    """Return the picture in another light: gain and tint, contrast, and a shade from one side."""
    rows, columns = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j]
    angle = random.uniform(0, 2 * np.pi)
    shade = np.exp(random.uniform(0, 0.3) * (np.cos(angle) * columns + np.sin(angle) * rows))[..., None]
    gain = np.exp(random.normal(0, 0.1) + random.normal(0, 0.015, 3))
    lit = 255 * (image / 255 + 1e-3) ** random.uniform(0.85, 1.18) * gain * shade
    return np.asarray(cv2.convertScaleAbs(np.clip(lit, 0, 255)), np.uint8)


def discriminants(rows: Array, names: NDArray[np.str_]) -> tuple[Array, Array]:
    """Return the mean (D,) and the projection (D, 64) of Fisher's linear discriminant analysis, with a ridge."""
    mean = rows.mean(axis=0)
    components = np.linalg.svd(rows - mean, full_matrices=False)[2][:NUM_COMPONENTS].T
    reduced = (rows - mean) @ components
    _, person, counts = np.unique(names, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), reduced.shape[1]))
    np.add.at(means, person, reduced)
    means /= counts[:, None]
    residuals = (reduced - means[person]) / np.sqrt(counts[person])[:, None]  # every person counts alike
    within = residuals.T @ residuals / len(counts)
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    variances, directions = np.linalg.eigh(within)
    whiten = directions / np.sqrt(variances)
    order = np.linalg.eigh(whiten.T @ np.cov(means.T) @ whiten)[1][:, ::-1]
    return mean, components @ whiten @ order[:, :VECTOR_SIZE]


if __name__ == "__main__":
    main()
