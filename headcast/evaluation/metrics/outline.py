"""An output and the true frame in, how much rougher the outline of the face is out: 1 is right.

Where a face was put onto a picture its outline shows dots, steps or cuts that no true outline has. Along the outline
both pictures are straightened to a band; what changes quickly along it is roughness. Sharpness across it is none, and
what the true frame has near by (hair, a beard, an earring) is none either.
"""

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.topology import FACE_OVAL
from headcast.types import Image, Landmarks, Shot

DEPTH: Final = 0.08  # of the face's breadth: how far the band reaches to both sides of the outline
FINEST: Final = 0.006  # of it: what changes over less than this along the outline is rough
NEAR: Final = 0.03  # of it: over so much roughness is averaged, and twice as far the true frame's counts
NOISE: Final = 1.0  # levels of 255, added to both: a ratio of noises says nothing
SHOWN: Final = 90.0  # percentile over the outline: a tenth of it is enough to be found out by

Band = NDArray[np.float32]


def edge_roughness(output: Image, target: Shot) -> float:
    """Return how many times rougher the output's outline is than the true frame's, at least 1, in its worst tenth."""
    breadth = float(np.ptp(target.landmarks[list(FACE_OVAL), 0]))
    made, true = (_roughness(straightened(image, target.landmarks), breadth) for image in (output, target.image))
    reach = round(2 * NEAR * breadth) | 1
    near = _closed(cv2.dilate, true, reach, np.ones((reach, reach), np.uint8))
    ratio = np.maximum((made + NOISE) / (near + NOISE), 1.0).max(0)
    return float(np.percentile(ratio, SHOWN))


def straightened(image: Image, landmarks: Landmarks) -> Band:
    """Return the band along the outline (across, along, 3), one pixel a step, the outline in its middle row."""
    outline = _smooth_outline(landmarks)
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    outwards = np.stack([along[:, 1], -along[:, 0]], axis=1)
    reach = int(np.ceil(DEPTH * np.ptp(outline[:, 0])))
    places = outline + np.arange(-reach, reach + 1)[:, None, None] * outwards
    x, y = (places[..., axis].astype(np.float32) for axis in (0, 1))
    band = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(band, np.float32)


def _roughness(band: Band, breadth: float) -> Band:
    """Return (across, along) how strongly the band changes along the outline over the shortest distances."""
    sigma = max(FINEST * breadth, 1.0)
    smooth = _closed(cv2.GaussianBlur, band, int(4 * sigma) + 1, (0, 0), sigmaX=sigma, sigmaY=0.01)
    energy = np.square(band - smooth).mean(-1)
    return np.sqrt(_closed(cv2.GaussianBlur, energy, int(4 * NEAR * breadth) + 1, (0, 0), NEAR * breadth))


def _closed(function: Callable[..., Any], band: Band, reach: int, *arguments: object, **options: object) -> Band:
    """Filter a band whose ends meet."""
    reach = min(reach, band.shape[1])
    joined = np.concatenate([band[:, -reach:], band, band[:, :reach]], axis=1)
    return np.asarray(function(joined, *arguments, **options)[:, reach:-reach], np.float32)


def _smooth_outline(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the face oval (N, 2) in steps of about a pixel, its corners rounded."""
    oval = landmarks[list(FACE_OVAL), :2].astype(np.float64)
    ring = np.vstack([oval, oval[:1]])
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    steps = np.linspace(0, lengths[-1], max(round(lengths[-1]), 8), endpoint=False)
    outline = np.stack([np.interp(steps, lengths, ring[:, axis]) for axis in (0, 1)], axis=1)
    reach = max(3, round(0.02 * len(outline)))
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    joined = np.vstack([outline[-reach:], outline, outline[:reach]])
    return np.stack([np.convolve(joined[:, axis], kernel, "valid") for axis in (0, 1)], axis=1)
