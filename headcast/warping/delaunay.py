"""Points of a picture in, the triangles between them out."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE: Final = 1024.0  # of the square into which the points are laid ...
FAR: Final = 1_000_000  # ... and how far its frame lies off: a near one would hide triangles at the points' hull


def delaunay(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the Delaunay triangles (T, 3) of points (N, 2): the circle through no three of them holds a fourth.

    Of four on one circle, as in a square, either diagonal is right. Points nearer to each other than float32 tells
    in a picture as large as all of them are one: the first.
    """
    lowest, extent = points.min(0), np.ptp(points, axis=0).max()
    places = np.asarray((points - lowest) * (SIDE / extent) - SIDE / 2, np.float32)
    plane = cv2.Subdiv2D((-FAR, -FAR, 2 * FAR, 2 * FAR))
    plane.insert(places.tolist())
    numbers: dict[tuple[float, ...], int] = {}
    for number, place in enumerate(places.tolist()):
        numbers.setdefault(tuple(place), number)
    corners = np.reshape(plane.getTriangleList(), (-1, 2)).tolist()
    return np.array([numbers[tuple(corner)] for corner in corners], np.int64).reshape(-1, 3)
