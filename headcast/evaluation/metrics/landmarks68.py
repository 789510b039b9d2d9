"""A picture and roughly where its face is in, 68 iBUG points out: the second landmark finder beside MediaPipe.

MediaPipe also conditions the generator, so a judge that shares its habits would flatter; this one shares none.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.onnx_network import FACE_SIZE, Network, load_network
from headcast.geometry.topology import PAPER_68
from headcast.types import Image, Landmarks

Points68 = NDArray[np.float32]
"""(68, 2) iBUG points, x right, y down, in pixels of the stated image."""

FACE_REGIONS: Final = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
BOX_SCALE: Final = 1.15
"""Side of the square that the finder reads, in extents of the 68 points; it was trained on 1.0 to 1.3."""


def load_landmark_finder(path: Path) -> "LandmarkFinder68":
    """Load a finder, 112 px RGB to (68, 2) in 0..1. Raises CheckpointError when the file is none."""
    return LandmarkFinder68(load_network(path, (68, 2), "the second landmark finder"))


class LandmarkFinder68:
    """Finds 68 points inside a square around the face."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(self, image: Image, around: Landmarks) -> Points68:
        """Find the 68 points; `around` (478, 3) only places the square, so give the target's for every rival."""
        extent = points_68(around)
        low, high = extent.min(0), extent.max(0)
        side = float(BOX_SCALE * (high - low).max())
        corner = (low + high - side) / 2
        scale = side / FACE_SIZE
        # WARP_INVERSE_MAP: the matrix says where in the image each pixel of the square is read
        matrix = np.array([[scale, 0, corner[0] + scale / 2], [0, scale, corner[1] + scale / 2]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = cv2.warpAffine(image, matrix, (FACE_SIZE, FACE_SIZE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        units = self._network(square.transpose(2, 0, 1)[None].astype(np.float32))[0]
        points: Points68 = (corner + units * side).astype(np.float32)
        return points


def points_68(landmarks: Landmarks) -> Points68:
    """Pick the 68 iBUG points out of MediaPipe's (478, 3)."""
    return landmarks[list(PAPER_68), :2].astype(np.float32)


def eye_distance(points: Points68) -> float:
    """Return the distance between the eye centres in pixels: the unit of every landmark figure.

    A centre lies between an eye's corners, so blinking does not move it.
    """
    return float(np.linalg.norm(points[[36, 39]].mean(0) - points[[42, 45]].mean(0)))


def landmark_errors(points: Points68, target: Points68) -> dict[str, float]:
    """Return the mean point error by face region and over "all", in the target's eye distances.

    Both must come from the same finder: each has its own habits (this one sits 0.03 eye distances up and left
    of MediaPipe, and draws the jaw elsewhere), which cancel only against themselves.
    """
    errors = np.linalg.norm(points - target, axis=1) / eye_distance(target)
    return {name: float(errors[part].mean()) for name, part in {**FACE_REGIONS, "all": slice(None)}.items()}
