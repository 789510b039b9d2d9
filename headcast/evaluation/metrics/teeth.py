"""Frames of a face at known landmarks in, how much the inside of the mouth changes where its opening does not out.

Teeth that are painted anew in every frame flicker, which no single picture shows. The inside is laid onto the skull,
where upper teeth stand still, and frames are compared in which the lips are as far and as wide open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.mouth_mean import SIZE, mean_to_frame
from headcast.geometry.pose import fit_pose, measure_controls, neutral_face, remove_pose
from headcast.geometry.topology import INNER_LIPS, MID_INNER_LIPS
from headcast.types import Image, Landmarks, Shot
from headcast.warping.patch import box_around, polygon_mask

SHOWN_FROM: Final = 0.06  # eye distances between the lips
ALIKE: Final = 0.025  # eye distances that height and width of two openings may differ by
SECONDS_APART: Final = 0.2  # frames that follow each other are alike whatever is painted
FINE: Final = 2  # compared pixels per pixel of the mean mouth, 96 an eye distance
INSIDE: Final = 0.9  # share of a pixel between the lips
MIN_PIXELS, MIN_PAIRS = 80, 3


class TeethWatch:
    """Knows which frames of a clip show the same of the mouth's inside, and how much that changes in the true ones.

    `seconds` say when the frames `targets` are shown.
    """

    def __init__(self, targets: Sequence[Shot], seconds: Sequence[float]) -> None:
        views = [_view(shot.landmarks, shot.image.shape) for shot in targets]
        self._views = views
        self._pairs = []
        for one, two in combinations(range(len(views)), 2):
            both = views[one].inside & views[two].inside
            alike = np.abs(views[one].opening - views[two].opening).max() < ALIKE
            if alike and abs(seconds[one] - seconds[two]) > 0.999 * SECONDS_APART and both.sum() >= MIN_PIXELS:
                self._pairs.append((one, two, both))
        self._real = self.change([shot.image for shot in targets])

    @property
    def num_pairs(self) -> int:
        """Count the pairs of frames that can be compared."""
        return len(self._pairs)

    def __call__(self, outputs: Sequence[Image]) -> float:
        """Return the outputs' change over the true frames'; NaN where too few of these open alike."""
        return self.change(outputs) / self._real if self._real > 0 else float("nan")

    def change(self, images: Sequence[Image]) -> float:
        """Return the mean change inside the mouth in levels of 255; NaN where too few frames open alike."""
        if self.num_pairs < MIN_PAIRS:
            return float("nan")
        insides = [view.cut(image) for view, image in zip(self._views, images, strict=True)]
        return float(np.mean([np.abs(insides[one] - insides[two])[both].mean() for one, two, both in self._pairs]))


@dataclass(frozen=True)
class _View:
    """Where a frame shows the mouth: the map (2, 3) from the skull's pixels, which of them lie `inside` (h, w).

    `opening` (2,) is how far and how wide the lips are open, in eye distances.
    """

    to_frame: NDArray[np.float64]
    inside: NDArray[np.bool_]
    opening: NDArray[np.float64]

    def cut(self, image: Image) -> NDArray[np.float32]:
        """Return the mouth's brightness (h, w) on the skull."""
        return _cut(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), self.to_frame)


def _view(landmarks: Landmarks, frame: tuple[int, ...]) -> _View:
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    upper, lower = face[list(MID_INNER_LIPS), 1]
    opening = np.array([lower - upper, measure_controls(face)[1]])
    to_frame = mean_to_frame(neutral_face(face)[list(MID_INNER_LIPS)].mean(0), pose)
    to_frame = np.column_stack([to_frame[:, :2] / FINE, to_frame[:, 2] + to_frame[:, :2].sum(1) * (1 / FINE - 1) / 2])
    lips = landmarks[list(INNER_LIPS), :2]
    left, top, width, height = box_around(lips, frame)
    covered = np.zeros(frame[:2], np.float32)
    covered[top : top + height, left : left + width] = polygon_mask(lips, left, top, width, height)
    return _View(to_frame, (_cut(covered, to_frame) > INSIDE) & (opening[0] > SHOWN_FROM), opening)


def _cut(picture: NDArray[np.float32], to_frame: NDArray[np.float64]) -> NDArray[np.float32]:
    size = (SIZE[0] * FINE, SIZE[1] * FINE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, to_frame, size, flags=flags), np.float32)
