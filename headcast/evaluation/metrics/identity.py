"""A face picture and its landmarks in, a face-recognition vector out; CSIM is the cosine of two such vectors."""

from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.onnx_network import FACE_SIZE, Network, load_network, subtracts_first
from headcast.geometry.topology import PAPER_68
from headcast.types import Image, Landmarks

ALIGNED_POINTS: Final = ((38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2))
"""Where eyes, nose tip and mouth corners (left to right in the picture) lie in the aligned 112 px picture (ArcFace)."""


def load_identity_judge(path: Path) -> "IdentityJudge":
    """Load a face-recognition network that maps 112 px RGB to a vector, such as MobileFace or ArcFace.

    Both conventions are known: networks that scale pixels of 0..255 themselves, and those (InsightFace's) that want
    -1..1. Raises CheckpointError when the file is no such network.
    """
    network = load_network(path, (None,), "CSIM")
    return IdentityJudge(network if subtracts_first(path) else partial(_scaled, network), path.stem)


def _scaled(network: Network, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the network what InsightFace gives it."""
    return network((batch - np.float32(127.5)) / np.float32(127.5))


class IdentityJudge:
    """CSIM: cosine of face-recognition vectors, 1 for the same picture, about 0 for strangers."""

    def __init__(self, network: Network, name: str) -> None:
        self._network = network
        self.name = f"CSIM ({name})"

    def vector(self, image: Image, landmarks: Landmarks) -> NDArray[np.float32]:
        """Return the unit-length identity vector (d,) of the face at `landmarks` (478, 3)."""
        aligned = align_face(image, landmarks).transpose(2, 0, 1)[None]
        vector = self._network(aligned.astype(np.float32))[0]
        unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit

    def similarity(self, image: Image, target: Image, landmarks: Landmarks) -> float:
        """Return CSIM; the target's landmarks align both, so that a misplaced face costs similarity."""
        return float(self.vector(image, landmarks) @ self.vector(target, landmarks))


def align_face(image: Image, landmarks: Landmarks) -> Image:
    """Cut out the face upright at (112, 112), eyes, nose and mouth corners at ALIGNED_POINTS in least squares."""
    points = five_points(landmarks)
    # A similarity of the plane is one complex factor and one shift.
    source = points[:, 0] + 1j * points[:, 1]
    aligned = np.array(ALIGNED_POINTS) @ np.array([1, 1j])
    centred = source - source.mean()
    factor = np.vdot(centred, aligned) / np.vdot(centred, centred).real
    shift = aligned.mean() - factor * source.mean()
    matrix = np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
    return cv2.warpAffine(image, matrix, (FACE_SIZE, FACE_SIZE)).astype(np.uint8, copy=False)


def five_points(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return eye centres, nose tip and mouth corners (5, 2), the picture's left first, in the landmarks' pixels."""
    points = landmarks[list(PAPER_68), :2].astype(np.float64)
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])
