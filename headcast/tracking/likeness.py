"""A face picture and its landmarks in, a vector out that is alike for pictures of one person.

Oriented edges and colours of the unwrapped skin, projected to where people differ and one person's pictures do not
(linear discriminant analysis). Good for telling a stranger among one person's photos; it is no proof of identity. The
projection is a statistic of faces, made by tools/fit_likeness.py.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.tracking.texture import TEXTURE_SIZE, unwrap
from headcast.types import Image, Landmarks, Mask

Vector = NDArray[np.float64]

LIKENESS_PATH: Final = Path(__file__).parent / "assets" / "likeness.safetensors"

_NUM_DIRECTIONS: Final = 8
_CELL: Final = 8  # pixels of the unwrapped skin
_CENTRE: Final = (slice(20, 44), slice(16, 48))  # cheeks and nose
_FAINT: Final = 2.0  # grey levels per pixel: a fainter edge counts less
_UNSEEN: Final = 0.02  # a cell of which both sides are seen less than this counts less


def likeness(image: Image, landmarks: Landmarks) -> Vector:
    """Return the unit vector (64,) of a face in a head crop of about 256 px (`crop_image`).

    The dot product of two vectors is about 0 for strangers and nears 1 for pictures of one person.
    """
    mean, projection = _statistics()
    projected = (describe(image, landmarks) - mean) @ projection
    return np.asarray(projected / max(float(np.linalg.norm(projected)), 1e-9))


def describe(image: Image, landmarks: Landmarks) -> Vector:
    """Return what `likeness` projects (262,): edges in 8 directions in 8x4 cells, then two colours in CIELAB.

    Both sides of the face are laid on each other; the one that is better seen counts more.
    """
    texture, seen = unwrap(image, landmarks)
    lab = cv2.cvtColor(texture, cv2.COLOR_RGB2LAB).astype(np.float64)
    skin = lab[seen > 0]
    median = np.median(skin, axis=0) if len(skin) else np.zeros(3)
    centre = lab[_CENTRE].reshape(-1, 3).mean(axis=0)
    return np.concatenate([_edges(texture, seen).ravel(), np.concatenate([median, centre]) / 255])


def _edges(texture: Image, seen: Mask) -> NDArray[np.float64]:
    """Return the strength of edges (8 directions, 8, 4) relative to the strength round about."""
    grey = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), np.float32)
    across, along = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    inner = np.asarray(cv2.erode(seen, np.ones((3, 3))), np.float32) ** 2  # the rim of a hole is no edge of the skin
    strength, direction = np.hypot(across, along) * inner, np.arctan2(along, across)
    angles = 2 * np.pi * np.arange(_NUM_DIRECTIONS) / _NUM_DIRECTIONS
    cells = np.array([_cells(strength * np.maximum(0, np.cos(direction - angle)) ** 4) for angle in angles])
    weights = _cells(inner)
    # In a mirror, left and right change places and a slope to the right becomes one to the left.
    mirrored = cells[(_NUM_DIRECTIONS // 2 - np.arange(_NUM_DIRECTIONS)) % _NUM_DIRECTIONS, :, ::-1]
    cells = (cells + mirrored) / (weights + weights[:, ::-1] + _UNSEEN)
    round_about = np.array(cv2.GaussianBlur(np.sqrt((cells**2).sum(axis=0)), (0, 0), 1.5))
    return np.asarray(np.sqrt(cells / (round_about + _FAINT))[:, :, : cells.shape[2] // 2])


def _cells(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average around the centres of cells: (64, 64) to (8, 8)."""
    blurred = np.asarray(cv2.GaussianBlur(values, (0, 0), _CELL / 2), np.float64)
    return blurred[_CELL // 2 : TEXTURE_SIZE : _CELL, _CELL // 2 : TEXTURE_SIZE : _CELL]


@cache
def _statistics() -> tuple[Vector, NDArray[np.float64]]:
    """Return the mean description (262,) and the projection (262, 64)."""
    arrays = load_file(LIKENESS_PATH)
    return arrays["mean"].astype(np.float64), arrays["projection"].astype(np.float64)
