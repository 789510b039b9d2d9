"""Motion files of many people in, headcast/telepresence/assets/motion_basis.safetensors out: how faces move.

python tools/fit_motion_basis.py MOTION ...

The directions are the principal components, within each clip, of what pose and controls leave of the landmarks; the
levels say how large each number of a frame usually is. Motion files come from `headcast motion extract`.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.geometry.motion import load_motion
from headcast.geometry.pose import change_expression, fit_pose, measure_controls, remove_pose
from headcast.geometry.topology import MIRROR
from headcast.telepresence.basis import BASIS_PATH, MotionBasis, landmark_weights
from headcast.telepresence.numbers import NUM_DIRECTIONS, NUM_NUMBERS, MotionNumbers, ReferenceFace
from headcast.types import Landmarks, Motion

MOST_FRAMES = 300  # of one clip
DELAY = 3  # frames between a frame and the one that it is predicted from, where the way takes 0.1 s


def main() -> None:
    """Fit and write the statistics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motions", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, default=BASIS_PATH)
    options = parser.parse_args()
    clips = [clip for clip in map(_found, map(load_motion, options.motions)) if len(clip) > 2 * DELAY]
    directions = fit_directions([left_over(clip) for clip in clips])
    flat = np.zeros(NUM_NUMBERS, np.int64)
    basis = MotionBasis(directions.astype(np.float16).astype(np.float64), flat, flat)
    steady, moving = zip(*(numbers_of(clip, basis) for clip in clips), strict=True)
    arrays = {
        "directions": np.ascontiguousarray(directions, np.float16),
        "steady": levels(np.concatenate(steady)),
        "moving": levels(np.concatenate(moving)),
    }
    save_file(arrays, options.output)
    print(f"{options.output}: {len(clips)} clips, {sum(map(len, clips))} faces")


def left_over(clip: list[Landmarks]) -> NDArray[np.float64]:
    """Return what controls leave of a clip's faces (N, 478, 3), measured from its first frame, less the mean."""
    faces = [remove_pose(landmarks, fit_pose(landmarks)) for landmarks in clip]
    controls = [measure_controls(face) for face in faces]
    left = np.array(
        [face - change_expression(faces[0], own - controls[0]) for face, own in zip(faces, controls, strict=True)]
    )
    return np.asarray(left - left.mean(axis=0))


def fit_directions(moves: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the directions (K, 478, 3) of most movement; a move and its mirror image count alike."""
    weights = landmark_weights()[:, None]
    covariance = np.zeros((478 * 3, 478 * 3))
    for clip in moves:
        for seen in (clip, (clip * (-1, 1, 1))[:, MIRROR]):
            flat = (weights * seen).reshape(len(seen), -1)
            covariance += flat.T @ flat / len(seen) ** 0.5  # a long clip says more, not in proportion
    _, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors[:, ::-1][:, :NUM_DIRECTIONS].T.reshape(-1, 478, 3) / weights)


def numbers_of(clip: list[Landmarks], basis: MotionBasis) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the numbers of a clip's frames, and their changes over DELAY frames."""
    pose = fit_pose(clip[0])
    code = MotionNumbers(ReferenceFace(remove_pose(clip[0], pose), pose.scale, pose.translation, (1, 1)), basis)
    numbers = np.array([code.measure(landmarks) for landmarks in clip])
    return numbers, numbers[DELAY:] - numbers[:-DELAY]


def levels(numbers: NDArray[np.int32]) -> NDArray[np.int8]:
    """Return the level (N,) whose distribution has the numbers' mean size."""
    return np.clip(np.rint(8 + 4 * np.log2(np.abs(numbers).mean(axis=0) + 0.05)), 0, 39).astype(np.int8)


def _found(motion: Motion) -> list[Landmarks]:
    return list(motion.landmarks[motion.found][:MOST_FRAMES])


if __name__ == "__main__":
    main()
