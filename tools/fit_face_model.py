"""A folder of clips in, headcast/geometry/assets/face_model.safetensors out: the statistics behind pose and expression.

python tools/fit_face_model.py CLIPS_DIR --list clips.csv --split train

Generalised Procrustes analysis gives the mean face and how rigid each point is; regression within clips gives the
modes of the eight controls; ridge regression between clips gives the neutral estimate. All are made symmetrical.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.data.clips import find_clips, load_clip
from headcast.errors import FaceError
from headcast.geometry.measures import eye_distance
from headcast.geometry.pose import CONTROLS, FACE_MODEL_PATH, measure_controls
from headcast.geometry.topology import EYE_CORNERS, MIRROR

Array = NDArray[np.float64]

NUM_ROUNDS = 12
NUM_MESH = 468
MIRRORED_CONTROLS = [0, 1, 2, 3, 5, 4, 6, 7]  # the eyes change places
MIRRORED_SIGNS = np.array([1, 1, 1, 1, 1, 1, -1, 1])  # looking right becomes looking left
CLOSED_GAP = 0.03
RIDGE_MODES, RIDGE_NEUTRAL = 0.01, 0.002


def main() -> None:
    """Fit and write the statistics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips_dir", type=Path)
    parser.add_argument("--list", type=Path, help="CSV with columns file, identity, split")
    parser.add_argument("--split", help="rows of the list to use")
    parser.add_argument("--output", type=Path, default=FACE_MODEL_PATH)
    options = parser.parse_args()
    clips = []
    for file in find_clips(options.clips_dir, options.list, options.split):
        try:
            clips.append(load_clip(file).landmarks.astype(np.float64))
        except FaceError as error:
            print(f"left out: {error}")
    faces, weights = fit_mean(clips)
    mean = upright_symmetrical(np.mean([face.mean(0) for face in faces], axis=0))
    mean = upright_symmetrical(level(clips, mean, weights))
    faces = [align(clip, mean, weights) for clip in clips]
    controls = [np.array([measure_controls(face) for face in clip]) for clip in faces]
    modes = fit_modes(faces, controls)
    arrays = {"mean": mean, "rigid_weights": weights, "modes": modes, "neutral": fit_neutral(controls)}
    save_file({name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}, options.output)
    print(f"{options.output}: {len(clips)} clips, {sum(map(len, clips))} faces")


def align(faces: Array, mean: Array, weights: Array) -> Array:
    """Carry faces (N, P, 3) onto the mean face by weighted similarity transforms."""
    return align_and_turn(faces, mean, weights)[0]


def align_and_turn(faces: Array, mean: Array, weights: Array) -> tuple[Array, Array]:
    """Return the faces on the mean face, and the rotations (N, 3, 3) that took them there."""
    faces_middle = (faces * weights[:, None]).sum(1, keepdims=True)
    mean_middle = (mean * weights[:, None]).sum(0)
    centred, target = faces - faces_middle, mean - mean_middle
    left, singular, right = np.linalg.svd(np.einsum("p,npa,pb->nab", weights, centred, target))
    signs = np.ones((len(faces), 3))
    signs[:, 2] = np.sign(np.linalg.det(left @ right))
    rotations = np.einsum("nka,nk,nbk->nab", right, signs, left)
    scales = (singular * signs).sum(1) / np.einsum("p,npa->n", weights, centred**2)
    return scales[:, None, None] * np.einsum("nab,npb->npa", rotations, centred) + mean_middle, rotations


def fit_mean(clips: list[Array]) -> tuple[list[Array], Array]:
    """Return the clips' faces on a common mean and the rigidity weights (P,), which add up to 1."""
    mean = clips[0][0] / eye_distance(clips[0][0])
    weights = np.ones(len(mean))
    weights[NUM_MESH:] = 0  # irises move
    weights /= weights.sum()
    for _ in range(NUM_ROUNDS):
        faces = [align(clip, mean, weights) for clip in clips]
        variance = sum(((face - face.mean(0)) ** 2).sum((0, 2)) for face in faces) / sum(map(len, faces))
        weights = 1 / (variance + 0.05 * np.median(variance))
        weights = (weights + weights[MIRROR]) / 2
        weights[NUM_MESH:] = 0
        weights /= weights.sum()
        mean = np.mean([face.mean(0) for face in faces], axis=0)
        mean = (mean - mean[list(EYE_CORNERS)].mean(0)) / eye_distance(mean)
    return faces, weights


def upright_symmetrical(mean: Array) -> Array:
    """Turn the mean face so that its mirror plane is x = 0 and it looks along -z, and make it symmetrical."""
    across = np.array([mean[i] - mean[j] for i, j in enumerate(MIRROR) if i != j])
    across *= np.sign(across[:, :1])
    x_axis = across.sum(0) / np.linalg.norm(across.sum(0))
    z_axis = np.cross(x_axis, [0.0, 1.0, 0.0])
    z_axis /= np.linalg.norm(z_axis)
    mean = mean @ np.stack([x_axis, np.cross(z_axis, x_axis), z_axis]).T
    mean -= mean[list(EYE_CORNERS)].mean(0)
    mean = (mean + (mean * (-1, 1, 1))[MIRROR]) / 2
    return np.asarray(mean / eye_distance(mean))


def level(clips: list[Array], mean: Array, weights: Array) -> Array:
    """Pitch the mean face so that people on average look straight ahead."""
    average = np.mean([align_and_turn(clip, mean, weights)[1].mean(0) for clip in clips], axis=0).T
    pitch = np.arctan2(average[2, 1], average[2, 2])
    cosine, sine = np.cos(pitch), np.sin(pitch)
    return np.asarray(mean @ np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]]))


def fit_modes(faces: list[Array], controls: list[Array]) -> Array:
    """Return how each point moves (8, P, 3) when one control changes by one, from changes within clips."""
    moves = np.concatenate([(face - face.mean(0)).reshape(len(face), -1) for face in faces])
    changes = np.concatenate([control - control.mean(0) for control in controls])
    ridge = np.diag(changes.var(0) * len(changes) * RIDGE_MODES)
    modes = np.linalg.solve(changes.T @ changes + ridge, changes.T @ moves).reshape(len(CONTROLS), -1, 3)
    mirrored = (modes * (-1, 1, 1))[MIRRORED_CONTROLS][:, MIRROR] * MIRRORED_SIGNS[:, None, None]
    return np.asarray((modes + mirrored) / 2)


def fit_neutral(controls: list[Array]) -> Array:
    """Return the ridge regression (9, 8) from the controls of a frame, and 1, to those of the person at rest."""
    inputs, targets, weights = [], [], []
    for clip in controls:
        closed = clip[clip[:, 0] <= max(float(np.percentile(clip[:, 0], 20)), CLOSED_GAP)]
        rest = np.median(closed, axis=0)
        rest[0] = np.clip(rest[0], 0, 0.01)
        rest[4:6] = np.percentile(clip[:, 4:6], 70, axis=0).mean()
        rest[6] = 0
        inputs.append(np.column_stack([clip, np.ones(len(clip))]))
        targets.append(np.tile(rest, (len(clip), 1)))
        weights.append(np.full(len(clip), 1 / len(clip)))
    x, y, w = np.concatenate(inputs), np.concatenate(targets), np.concatenate(weights)[:, None]
    ridge = np.diag([RIDGE_NEUTRAL] * len(CONTROLS) + [0]) * len(controls)
    fit = np.linalg.solve((x * w).T @ x + ridge, (x * w).T @ y)
    mirrored = np.empty_like(fit)
    order = MIRRORED_CONTROLS
    mirrored[:8] = fit[:8][order][:, order] * MIRRORED_SIGNS[:, None] * MIRRORED_SIGNS
    mirrored[8] = fit[8][order] * MIRRORED_SIGNS
    return np.asarray((fit + mirrored) / 2)


if __name__ == "__main__":
    main()
