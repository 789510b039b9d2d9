"""A picture in, the face as each landmark finder sees it out; two such readings in, the figures that compare them.

MediaPipe also conditions the generator, so a second finder, where it is given, stands beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.landmarks68 import LandmarkFinder68, Points68, eye_distance, landmark_errors, points_68
from headcast.evaluation.metrics.openings import (
    MOUTH_CLOSED,
    closure_kept,
    lid_limit,
    lid_opening,
    mouth_opening,
)
from headcast.geometry.measures import face_size
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.geometry.topology import RIGID
from headcast.tracking.follow import FaceFollower
from headcast.types import Image, Landmarks

MEDIAPIPE: Final = "MediaPipe"
SECOND: Final = "68 points"
MOUTH_ERROR: Final = "mouth opening error"
FACE_FOUND: Final = "one face found"

NUM_PASSES: Final = 3  # over one picture; each starts where the one before ended, the last hardly moves
MAX_FACES: Final = 2  # enough to see that a face is doubled


@dataclass(frozen=True)
class Reading:
    """What the finders see: how many faces, the largest one's landmarks (478, 3), and 68 points by finder."""

    num_faces: int
    landmarks: Landmarks | None
    points: Mapping[str, Points68]


class FaceReader:
    """Reads faces in pictures; equal pictures read equally, whatever was read before."""

    def __init__(self, second: LandmarkFinder68 | None) -> None:
        self._follower = FaceFollower(MAX_FACES, far=False)
        self._second = second

    def read(self, image: Image, around: Landmarks) -> Reading:
        """Read a picture; `around` (478, 3) tells the second finder where to look, the same for every rival."""
        self._follower.reset()
        for _ in range(NUM_PASSES):
            faces = [face.landmarks for face in self._follower(image)]
        points = {}
        largest = max(faces, key=face_size) if faces else None
        if largest is not None:
            points[MEDIAPIPE] = points_68(largest)
        if self._second:
            points[SECOND] = self._second.find(image, around)
        return Reading(len(faces), largest, points)

    def close(self) -> None:
        """Nothing is held beyond memory."""


def face_figures(output: Reading, target: Reading) -> dict[str, float]:
    """Compare one output with its target: is it one face, where are its landmarks, where does it look.

    Landmark errors and gaze are in eye distances. Where the output has no face they are missing, so read them
    together with "one face found".
    """
    figures = {FACE_FOUND: float(output.num_faces == 1)}
    for finder, points in target.points.items():
        if finder in output.points:
            for region, error in landmark_errors(output.points[finder], points).items():
                figures[f"landmark error {region} ({finder})"] = error
    if output.landmarks is not None and target.landmarks is not None:
        figures["gaze error (MediaPipe)"] = float(np.linalg.norm(gaze(output.landmarks) - gaze(target.landmarks)))
    return figures


def mouth_errors(output: Reading, target: Reading, floor: Reading) -> dict[str, float]:
    """Return each finder's mouth opening error in eye distances, less what it errs on the floor frame.

    It says something about frames that `mouth_opens` picks. Below the floor counts as below zero, so that the mean
    of an output as good as the target is 0.
    """
    return {
        f"{MOUTH_ERROR} ({finder})": abs(_opening(output, finder) - mouth_opening(true))
        - abs(_opening(floor, finder) - mouth_opening(true))
        for finder, true in target.points.items()
    }


def closures_kept(outputs: Sequence[Reading], targets: Sequence[Reading]) -> dict[str, float]:
    """Return the share of the target's closed mouths and closed lids that are closed in the output, by finder.

    NaN where the target closes none. Without a face nothing is closed.
    """
    figures = {}
    for finder in (MEDIAPIPE, SECOND):
        both = [(o, t) for o, t in zip(outputs, targets, strict=True) if finder in t.points]
        made, true = ([pair[side].points.get(finder) for pair in both] for side in (0, 1))
        lips = _openings(made, mouth_opening), _openings(true, mouth_opening)
        lids = _openings(made, lid_opening), _openings(true, lid_opening)
        figures[f"lip closure kept ({finder})"] = closure_kept(lips[0], lips[1], MOUTH_CLOSED, MOUTH_CLOSED)
        limits = lid_limit(lids[0]), lid_limit(lids[1])
        figures[f"lid closure kept ({finder})"] = closure_kept(lids[0], lids[1], limits[0], limits[1])
    return figures


def head_motion_energy(outputs: Sequence[Landmarks | None], asked: Sequence[Landmarks]) -> float:
    """Return how far the head moved from frame to frame, over how far it was asked to.

    1 is right, 0 is a frozen head. NaN when no movement was asked for. Frames without a face are left out of both.
    """
    seen = [(own, wanted) for own, wanted in zip(outputs, asked, strict=True) if own is not None]
    moved, wanted = (_path_length([pair[side] for pair in seen]) for side in (0, 1))
    return moved / wanted if wanted > 0 else float("nan")


def gaze(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return where the irises stand in the eyes (2,), in eye distances, the head's turn taken out."""
    return measure_controls(remove_pose(landmarks, fit_pose(landmarks)))[6:8]


def _openings(faces: Sequence[Points68 | None], opening: Callable[[Points68], float]) -> NDArray[np.float64]:
    """Return the openings of some faces; of none it is infinite."""
    return np.array([np.inf if points is None else opening(points) for points in faces])


def _opening(reading: Reading, finder: str) -> float:
    """Return the mouth opening; where there is no face, no mouth is open."""
    points = reading.points.get(finder)
    return 0.0 if points is None else mouth_opening(points)


def _path_length(faces: Sequence[Landmarks]) -> float:
    """Return how far the points that expressions hardly move travel, summed over frames, in eye distances."""
    if len(faces) < 2:
        return 0.0
    rigid = np.array([face[list(RIGID), :2] for face in faces], np.float64)
    steps = np.linalg.norm(np.diff(rigid, axis=0), axis=2).mean(1)
    return float(steps.sum()) / eye_distance(points_68(faces[0]))
