"""A folder of clips in, headcast/warping/assets/slip.safetensors out: where the mesh misses, learned from true frames.

python tools/fit_slip.py CLIPS_DIR --list clips.csv --split train

A frame of each clip is carried to the landmarks of others, and the optical flow to the true frames says how far each
pixel lies from where the mesh took it. Ridge regression, and each pair counts mirrored too.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from fit_face_model import MIRRORED_CONTROLS, MIRRORED_SIGNS
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.data.clips import Clip, ClipFile, find_clips, load_clip
from headcast.errors import FaceError
from headcast.geometry.pose import head_of
from headcast.pixels.sampling import sample
from headcast.types import Shot
from headcast.warping.mesh import Mesh
from headcast.warping.slip import GRID_X, GRID_Y, SLIP_MODEL_PATH, change_features, upright

Array = NDArray[np.float64]

PAIRS = 48  # of each clip
CANDIDATES = 4  # targets that a pair is chosen from, the farthest one: changes are what is to be learned
SMOOTHING = 3.0  # pixels over which the flow is averaged: finer motion is grain
LARGEST = 0.15  # eye distances: flow beyond it found something else
RIDGE = 100.0
SHRINK = 0.8  # a slip too small does less harm than one too large
NUM_NODES = len(GRID_X) * len(GRID_Y)
MIRRORED_TURN = np.array([1, -1, -1])


def main() -> None:
    """Fit and write the coefficients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips_dir", type=Path)
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split")
    parser.add_argument("--split", help="rows of the list to use")
    parser.add_argument("--output", type=Path, default=SLIP_MODEL_PATH)
    options = parser.parse_args()
    files = find_clips(options.clips_dir, options.list, options.split)
    with ProcessPoolExecutor() as pool:
        pairs = [pair for some in pool.map(pairs_of, files) for pair in some]
    features, slips, weights = (np.array(part) for part in zip(*pairs, strict=True))
    coefficients = fit(features, slips, weights)
    explained = 1 - (weights * (slips - predict(features, coefficients)) ** 2).sum() / (weights * slips**2).sum()
    save_file({"coefficients": coefficients.astype(np.float16)}, options.output)
    print(f"{options.output}: {len(files)} clips, {len(pairs)} pairs, {explained:.1%} of the squared slip explained")


def pairs_of(file: ClipFile) -> list[tuple[Array, Array, Array]]:
    """Return features (F,), slips (nodes, 2) and weights (nodes, 1) of a clip's pairs, and of the mirrored ones."""
    cv2.setNumThreads(1)
    try:
        clip = load_clip(file)
    except FaceError as error:
        print(f"left out: {error}")
        return []
    pairs = [pair_of(clip.shot(shot), clip.shot(target)) for shot, target in choose_pairs(clip)]
    return [*pairs, *(mirrored(*pair) for pair in pairs)]


def choose_pairs(clip: Clip) -> Iterator[tuple[int, int]]:
    """Yield the numbers of shots and of targets far from them; the same for each run."""
    random = np.random.default_rng(crc32(clip.name.encode()))
    for _ in range(PAIRS):
        shot, *others = random.integers(len(clip), size=1 + CANDIDATES).tolist()
        yield shot, max(others, key=lambda other: float(np.abs(clip.landmarks[other] - clip.landmarks[shot]).mean()))


def pair_of(shot: Shot, target: Shot) -> tuple[Array, Array, Array]:
    """Return features (F,), slips (nodes, 2) in eye distances and how sure they are (nodes, 1)."""
    before, after = head_of(shot.landmarks), head_of(target.landmarks)
    size = shot.image.shape[0]
    grid = Mesh(shot.landmarks, size, slips=False).grid(target.landmarks, after)
    warped = sample(shot.image, grid.positions, cv2.BORDER_REPLICATE)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (target.image, warped)]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(*grey, None)  # type: ignore[attr-defined]
    flow = cv2.GaussianBlur(flow, (0, 0), SMOOTHING)
    rows, columns = np.indices((size, size), np.float32)
    found = sample(grid.positions, np.stack([columns, rows], 2) + flow, cv2.BORDER_REPLICATE)
    turn, scale = upright(before.pose), before.pose.scale
    slips = (found - grid.positions).reshape(-1, 2) @ turn / scale
    person = target.matte * sample(shot.matte, grid.positions, cv2.BORDER_CONSTANT)
    sure = (person * grid.trusted).ravel() * (np.linalg.norm(slips, axis=1) < LARGEST)
    places = (grid.positions.reshape(-1, 2) - before.pose.translation[:2]) @ turn / scale
    return change_features(before, after), *on_nodes(places, slips, sure)


def on_nodes(places: Array, slips: Array, sure: Array) -> tuple[Array, Array]:
    """Average slips (N, 2) at places (N, 2) on the nearest nodes; how sure each node is, at most 1."""
    column, row = (
        np.round((places[:, axis] - line[0]) / (line[1] - line[0])).astype(int)
        for axis, line in enumerate((GRID_X, GRID_Y))
    )
    inside = (column >= 0) & (column < len(GRID_X)) & (row >= 0) & (row < len(GRID_Y)) & (sure > 0)
    node = (row * len(GRID_X) + column)[inside]
    weight = np.bincount(node, sure[inside], NUM_NODES)
    total = [np.bincount(node, (sure * slips[:, axis])[inside], NUM_NODES) for axis in (0, 1)]
    return np.stack(total, 1) / np.maximum(weight, 1e-6)[:, None], np.minimum(weight / 10, 1)[:, None]


def mirrored(features: Array, slips: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return a pair as it looks in a mirror."""
    turn, square, controls = np.split(features, [3, 6])
    features = np.concatenate(
        [turn * MIRRORED_TURN, square * MIRRORED_TURN, (controls * MIRRORED_SIGNS)[MIRRORED_CONTROLS]]
    )
    shape = (len(GRID_Y), len(GRID_X), -1)
    return (
        features,
        (slips.reshape(shape)[:, ::-1] * (-1, 1)).reshape(-1, 2),
        weights.reshape(shape)[:, ::-1].reshape(-1, 1),
    )


def fit(features: Array, slips: Array, weights: Array) -> Array:
    """Return the coefficients (F, nodes * 2) of the ridge regression, node by node."""
    spread = np.maximum(features.std(0), 1e-6)
    scaled = features / spread
    ridge = RIDGE * np.eye(scaled.shape[1])
    coefficients = np.zeros((scaled.shape[1], slips.shape[1], 2))
    for node in range(slips.shape[1]):
        weighted = scaled * weights[:, node]
        coefficients[:, node] = np.linalg.solve(weighted.T @ scaled + ridge, weighted.T @ slips[:, node])
    return SHRINK * (coefficients / spread[:, None, None]).reshape(len(spread), -1)


def predict(features: Array, coefficients: Array) -> Array:
    """Return slips (pairs, nodes, 2)."""
    return (features @ coefficients).reshape(len(features), -1, 2)


if __name__ == "__main__":
    main()
