"""A folder of photos in, headcast/warping/assets/glasses.safetensors out: the numbers that tell who wears glasses.

python tools/fit_glasses.py PHOTOS_DIR --list photos.csv

Logistic regression on edges around the eyes, by Newton's method. Who of the photos wears glasses was told by looking at
them, and stands in tools/glasses.txt. Rows of split `train` are learned from, each also moved a little and blurred as
other trackers and cameras would have it; rows of split `val` are only counted.
"""

import argparse
import csv
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.errors import FaceError
from headcast.media.images import read_image
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks
from headcast.warping.glasses import GLASSES_PATH, describe

Array = NDArray[np.float64]

WEARERS_PATH = Path(__file__).parent / "glasses.txt"
MAX_SIDE, SIZE = 1920, 256  # pixels of photos, and of a shot
COPIES = 4  # of each photo that are moved and blurred
SHIFT, ZOOM, TURN, BLUR = 1.0, 0.03, 0.02, 1.2  # most of each: pixels of a shot, share, radians, pixels
RIDGE = 30.0
DOUBT = 3.0  # how much more than even the logarithm of the odds must be
STEPS = 8  # of Newton's method: later ones change nothing
FOLDS = 8  # in which it is asked what the numbers are worth


def main() -> None:
    """Fit and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos_dir", type=Path)
    parser.add_argument("--list", type=Path, required=True, help="CSV with columns file, split")
    parser.add_argument("--output", type=Path, default=GLASSES_PATH)
    options = parser.parse_args()
    with options.list.open(newline="") as file:
        splits = {row["file"]: row["split"] for row in csv.DictReader(file)}
    wearers = set(WEARERS_PATH.read_text().split())
    names = sorted(splits)
    with ProcessPoolExecutor() as pool:
        described = dict(zip(names, pool.map(descriptions, [options.photos_dir / name for name in names]), strict=True))
    learned = [name for name in names if splits[name] == "train" and len(described[name])]
    others = [name for name in names if splits[name] == "val" and len(described[name])]
    guesses = np.zeros(len(learned))
    for fold in range(FOLDS):
        weights, bias = fit_to([name for i, name in enumerate(learned) if i % FOLDS != fold], described, wearers)
        for i in range(fold, len(learned), FOLDS):
            guesses[i] = described[learned[i]][0] @ weights + bias
    count(f"train, in {FOLDS} folds", learned, guesses, wearers)
    weights, bias = fit_to(learned, described, wearers)
    count("val", others, np.array([described[name][0] @ weights + bias for name in others]), wearers)
    arrays = {"weights": weights.astype(np.float16), "bias": np.array([bias], np.float32)}
    save_file(arrays, options.output)
    print(f"{options.output}: {options.output.stat().st_size} bytes")


def descriptions(path: Path) -> Array:
    """Return what tells glasses (1 + COPIES, D) of a photo, the first as it is; (0, 0) where no face is found."""
    cv2.setNumThreads(1)
    photo = read_image(path, MAX_SIDE)
    try:
        landmarks = find_face(photo, path)
    except FaceError as error:
        print(f"left out: {error}")
        return np.zeros((0, 0))
    height, width = photo.shape[:2]
    box = head_crop(landmarks, (width, height))
    image, places = crop_image(photo, box, SIZE), crop_landmarks(landmarks, box, SIZE)
    random = np.random.default_rng(len(path.name) + int(landmarks[0, 0]))
    return np.array([describe(image, places), *(describe(*_changed(image, places, random)) for _ in range(COPIES))])


def _changed(image: Image, landmarks: Landmarks, random: np.random.Generator) -> tuple[Image, Landmarks]:
    """Return a shot whose landmarks are a little wrong, and blurred."""
    middle, turn = landmarks.mean(0), random.uniform(-TURN, TURN)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    wrong = (landmarks - middle) @ (random.uniform(1 - ZOOM, 1 + ZOOM) * rotation) + middle
    wrong[:, :2] += random.uniform(-SHIFT, SHIFT, 2)
    blurred = cv2.GaussianBlur(image, (0, 0), random.uniform(0.1, BLUR))
    return np.asarray(blurred, np.uint8), np.asarray(wrong, np.float32)


def fit_to(names: Sequence[str], described: dict[str, Array], wearers: set[str]) -> tuple[Array, float]:
    """Fit weights (D,) and what is added to the photos of these names."""
    rows = np.concatenate([described[name] for name in names])
    worn = np.concatenate([np.full(len(described[name]), Path(name).stem in wearers, np.float64) for name in names])
    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    scaled = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    ridge = RIDGE * np.diag(np.append(np.ones(len(mean)), 0.0))
    weights = np.zeros(scaled.shape[1])
    for _ in range(STEPS):
        guess = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (guess - worn) + ridge @ weights
        bend = (scaled * (guess * (1 - guess))[:, None]).T @ scaled + ridge
        weights -= np.linalg.solve(bend, slope)
    direction = weights[:-1] / spread
    return direction, float(weights[-1] - mean @ direction) - DOUBT


def count(what: str, names: Sequence[str], guesses: Array, wearers: set[str]) -> None:
    """Print how many are wrong, and which."""
    worn = np.array([Path(name).stem in wearers for name in names])
    taken, missed = (guesses > 0) & ~worn, (guesses <= 0) & worn
    wrong = [f"{names[i]} {guesses[i]:.1f}" for i in np.flatnonzero(taken | missed)]
    print(f"{what}: {len(names)} photos; of {worn.sum()} who wear glasses {missed.sum()} missed; ", end="")
    print(f"of {(~worn).sum()} others {taken.sum()} taken for such: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
