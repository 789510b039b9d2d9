"""A picture in, boxes of the faces in it out: BlazeFace (Bazarevsky et al. 2019), as MediaPipe's graphs run it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.media.planes import Picture
from headcast.tracking.models import TrackerNetwork
from headcast.tracking.region import Points, Region, points_to_image, read_region, region_of_box

_MIN_OVERLAP: Final = 0.3  # intersection over union from which boxes are of one face
_MAX_SCORE: Final = 80.0  # before the sigmoid, which is 0 or 1 beyond it
_NUM_KEYPOINTS: Final = 6  # right eye, left eye, nose, mouth, both ears


@dataclass(frozen=True)
class Detection:
    """A face's box, corners (2, 2), and key points (6, 2) in the picture, from its outer edge; score in 0..1."""

    box: Points
    keypoints: Points
    score: float

    @property
    def region(self) -> Region:
        """Where its landmarks are to be looked for."""
        return region_of_box(self.box.min(axis=0), self.box.max(axis=0), self.keypoints[0], self.keypoints[1])


class Detector:
    """Finds faces in a picture or a turned part of it; upright ones and those turned by up to about 45 degrees.

    The one for near faces wants them an eighth of the region or larger, the one for far ones a sixteenth.
    """

    def __init__(self, far: bool = False) -> None:
        self._model = TrackerNetwork("face_detector_far" if far else "face_detector_near")
        self._size = 192 if far else 128
        self._anchors = _anchors((48,), (1,)) if far else _anchors((16, 8), (2, 6))

    def __call__(self, image: Picture, region: Region, confidence: float) -> list[Detection]:
        """Return the faces in a region, surest first."""
        boxes, scores = self._model(read_region(image, region, self._size, cv2.BORDER_CONSTANT))
        likely = (1 / (1 + np.exp(-np.clip(scores, -_MAX_SCORE, _MAX_SCORE)))).astype(np.float32)
        places = boxes.reshape(len(boxes), -1, 2).copy()  # centre and size of the box, then key points
        places[:, 0] += self._anchors * self._size
        places[:, 2:] += (self._anchors * self._size)[:, None]
        kept = (likely >= confidence) & (places[:, 1] >= 0).all(axis=1)
        half = places[kept, 1] / 2
        corners = np.stack([places[kept, 0] - half, places[kept, 0] + half], axis=1)
        points = np.concatenate([corners, places[kept, 2:]], axis=1)  # (N, 8, 2)
        return [_in_image(*face, region, self._size) for face in _merged(points, likely[kept])]


def _in_image(points: Points, score: float, region: Region, size: int) -> Detection:
    low, high = points[:2]
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    moved = points_to_image(corners, region, size)  # of a turned region the box is turned; what holds it is upright
    box = np.stack([moved.min(axis=0), moved.max(axis=0)])
    return Detection(box, points_to_image(points[2:], region, size), score)


def _merged(points: NDArray[np.float32], scores: NDArray[np.float32]) -> list[tuple[Points, float]]:
    """Return one face for each heap of overlapping boxes: their mean, weighted by their scores."""
    faces = []
    order = np.argsort(-scores, kind="stable")
    while len(order):
        best = order[0]
        same = _overlaps(points[order, :2], points[best, :2]) > _MIN_OVERLAP
        same[0] = True
        heap, order = order[same], order[~same]
        weights = scores[heap] / scores[heap].sum()
        faces.append((np.einsum("n,nkc->kc", weights, points[heap]).astype(np.float32), float(scores[best])))
    return faces


def _overlaps(boxes: NDArray[np.float32], box: Points) -> NDArray[np.float32]:
    """Return the intersection over union of boxes (N, 2, 2) with one."""
    sides = np.minimum(boxes[:, 1], box[1]) - np.maximum(boxes[:, 0], box[0])
    common = np.maximum(sides, 0).prod(axis=1)
    union = (boxes[:, 1] - boxes[:, 0]).prod(axis=1) + (box[1] - box[0]).prod() - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float32)


def _anchors(grids: tuple[int, ...], per_cell: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the centres (N, 2) of the cells of one grid after another, 0..1, each as often as it has boxes."""
    centres = []
    for grid, count in zip(grids, per_cell, strict=True):
        rows, columns = (np.mgrid[:grid, :grid] + 0.5) / grid
        centres.append(np.repeat(np.stack([columns.ravel(), rows.ravel()], axis=1), count, axis=0))
    return np.asarray(np.concatenate(centres), np.float32)
