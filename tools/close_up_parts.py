"""What differs between parts of the face when close-ups are made and learned from: which frames, which places."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headcast.data.stills import close, draw_place
from headcast.geometry.measures import eye_distance
from headcast.geometry.pose import apply_pose, change_expression, fit_pose, measure_controls, remove_pose
from headcast.geometry.topology import LEFT_EYE, RIGHT_EYE
from headcast.types import Landmarks

Numbers = NDArray[np.intp]

FOUND_SMALL = 0.3  # share of the shots whose eyes are larger than the landmarks say, as those of drawings are
OPENING, GAZE = slice(4, 6), slice(6, 8)  # of the controls
BLINK, LOOK = 1.5, 0.06  # weight of a shut eye; change of gaze in eye distances that counts like it


class Wish(Protocol):
    """Which frames of a clip are worth learning from; so many targets for each shot."""

    targets: int

    def __init__(self, landmarks: NDArray[np.float32]) -> None:
        """Look at the landmarks (N, 478, 3) of all frames."""

    def of_targets(self, anchor: int) -> NDArray[np.float64]:
        """Return how much (N,) each frame is wanted as the target of a shot."""

    def choose_anchors(self, anchors: Numbers, random: np.random.Generator) -> None:
        """Change some of the shots that were drawn, in place."""

    def as_found(self, landmarks: Landmarks, random: np.random.Generator) -> Landmarks:
        """Return a shot's landmarks with the faults that use will bring."""

    @staticmethod
    def places(landmarks: Landmarks, random: np.random.Generator) -> Iterator[Landmarks]:
        """Yield where a still is moved to, before it is moved back."""


class MouthWish:
    """Wide mouths, from shots of closed lips above all."""

    targets = 48

    def __init__(self, landmarks: NDArray[np.float32]) -> None:
        self._gaps = np.array([_gap_of(each) for each in landmarks])

    def of_targets(self, anchor: int) -> NDArray[np.float64]:
        """Want what is wide."""
        return 0.15 + np.minimum(self._gaps / 0.15, 1)

    def choose_anchors(self, anchors: Numbers, random: np.random.Generator) -> None:
        """Make half of them closed."""
        closed = random.permutation(np.argsort(self._gaps)[: len(self._gaps) // 4])[: len(anchors) // 2]
        anchors[: len(closed)] = closed

    def as_found(self, landmarks: Landmarks, random: np.random.Generator) -> Landmarks:
        """Leave them."""
        return landmarks

    @staticmethod
    def places(landmarks: Landmarks, random: np.random.Generator) -> Iterator[Landmarks]:
        """Close the lips, and move them."""
        for lips in (True, False):
            yield close(draw_place(landmarks, random), lips=lips, lids=False)


class EyesWish:
    """Shut lids, far looks; a shot or two with lids nearly shut."""

    targets = 24

    def __init__(self, landmarks: NDArray[np.float32]) -> None:
        controls = np.stack([measure_controls(remove_pose(each, fit_pose(each))) for each in landmarks])
        openings = controls[:, OPENING].mean(1)
        self._closed = np.clip(1 - openings / max(float(np.median(openings)), 1e-3), 0, 1)
        self._gaze = controls[:, GAZE]

    def of_targets(self, anchor: int) -> NDArray[np.float64]:
        """Want other openings and another gaze."""
        closed = np.abs(self._closed - self._closed[anchor])
        look = np.linalg.norm(self._gaze - self._gaze[anchor], axis=1) / LOOK
        return np.asarray(0.15 + BLINK * closed + np.minimum(look, 1.5))

    def choose_anchors(self, anchors: Numbers, random: np.random.Generator) -> None:
        """Make one of them nearly shut."""
        shut = np.argsort(-self._closed)[: max(1, len(self._closed) // 20)]
        anchors[0] = random.choice(shut)

    def as_found(self, landmarks: Landmarks, random: np.random.Generator) -> Landmarks:
        """Find some eyes smaller than they are."""
        if random.random() > FOUND_SMALL:
            return landmarks
        found = landmarks.copy()
        for ring in (list(RIGHT_EYE), list(LEFT_EYE)):
            middle = found[ring].mean(0)
            share = np.array([random.uniform(0.85, 1.0), random.uniform(0.6, 1.0), 1.0])
            found[ring] = middle + share * (found[ring] - middle)
        return found

    @staticmethod
    def places(landmarks: Landmarks, random: np.random.Generator) -> Iterator[Landmarks]:
        """Shut the lids, move, look elsewhere."""
        yield close(draw_place(landmarks, random), lips=False, lids=True)
        yield draw_place(landmarks, random)
        pose = fit_pose(landmarks)
        change = np.zeros(8)
        change[GAZE] = random.normal(0, 0.04, 2)
        change[OPENING] = random.uniform(-0.1, 0.08)
        yield apply_pose(change_expression(remove_pose(landmarks, pose), change), pose)


WISHES: Final[Mapping[str, type[Wish]]] = {"mouth": MouthWish, "eyes": EyesWish}


def _gap_of(landmarks: Landmarks) -> float:
    """Return the lip gap in eye distances."""
    points = landmarks[:, :2].astype(np.float64)
    return float(np.linalg.norm(points[13] - points[14]) / eye_distance(points))
