"""A picture and a turned square in it in, the square's pixels out, and points of the square back into the picture.

Places count from the picture's outer edge. Pixels are read as MediaPipe reads them, half a pixel up and left of where
they are, because its networks learned and were measured so.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.media.planes import Picture, Planes
from headcast.types import Image

_WIDER: Final = 1.5  # regions of MediaPipe's face graphs: the longer side of the box, and half of it as margin
EYE_CORNERS: Final = (33, 263)
"""Landmarks: the outer corners of the right and the left eye, whose line is level in a region."""

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """A square around (x, y), its sides turned clockwise by `angle` radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0


def whole_picture(image: Picture, angle: float = 0.0, scale: float = 1.0) -> Region:
    """Return the square that holds the whole picture, `scale` times as large."""
    height, width = image.shape[:2]
    return Region(width / 2, height / 2, scale * max(width, height), angle)


def region_around(points: Points) -> Region:
    """Return where to look for the face (478, 3) in the next picture."""
    right_eye, left_eye = points[list(EYE_CORNERS)]
    return region_of_box(points[:, :2].min(axis=0), points[:, :2].max(axis=0), right_eye, left_eye)


def region_of_box(low: Points, high: Points, right_eye: Points, left_eye: Points) -> Region:
    """Return the square around a box, turned so that the line of the eyes is level in it."""
    x, y = (low + high) / 2
    angle = np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    return Region(float(x), float(y), _WIDER * float((high - low).max()), float(angle))


def read_region(image: Picture, region: Region, size: int, border: int) -> Image:
    """Return the region at `size` x `size`; `border` is OpenCV's way to go on beyond the picture."""
    rectangle = (region.x, region.y), (region.side, region.side), float(np.degrees(region.angle))
    corners = cv2.boxPoints(rectangle)  # lower left, upper left, upper right, lower right
    patch_corners = np.array([[0, size], [0, 0], [size, 0], [size, size]], np.float32)
    to_patch = cv2.getPerspectiveTransform(corners, patch_corners)
    if isinstance(image, Planes):
        return image.read(np.asarray(to_patch, np.float64), size, border)
    patch = cv2.warpPerspective(image, to_patch, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(patch, np.uint8)


def points_to_image(points: Points, region: Region, size: float) -> Points:
    """Move points (..., 2 or 3) from a patch of `size` into the picture; depth is scaled alike."""
    cosine, sine = np.cos(region.angle), np.sin(region.angle)
    scale = region.side / size
    from_centre = (points[..., :2] - size / 2) * scale
    turned = from_centre @ np.array([[cosine, sine], [-sine, cosine]]) + np.array([region.x, region.y])
    return np.asarray(np.concatenate([turned, points[..., 2:] * scale], axis=-1), np.float32)


def overlap(a: Region, b: Region) -> float:
    """Return the intersection over union of two regions, their turns left out."""
    common = 1.0
    for first, second in ((a.x, b.x), (a.y, b.y)):
        low = max(first - a.side / 2, second - b.side / 2)
        high = min(first + a.side / 2, second + b.side / 2)
        common *= max(high - low, 0.0)
    union = a.side**2 + b.side**2 - common
    return common / union if union > 0 else 0.0
