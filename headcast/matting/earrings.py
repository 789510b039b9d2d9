"""A picture, the matte of its person and landmarks in, what hangs from the ears and the matte leaves out, out.

Left to the background an earring would stand still, half of it, while the head moves.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import fit_pose
from headcast.pixels.sampling import pixel_places
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Landmarks, Mask

DEPTH = 1.0  # eye distances: of the plane in which ears hang
BESIDE, BELOW = (0.8, 1.8), (0.5, 2.3)  # eye distances from between the eyes: where something may hang
LARGEST = (0.5, 0.7)  # eye distances: breadth and height of it
AROUND = 0.5  # eye distances: what is usual so far around is the background
UNLIKE = (8.0, 24.0)  # levels between which a pixel goes from the background's to the earring's
BARE, UNEVEN = 0.15, 0.15  # eye distances around it, and share of the background there, of which more is unlike itself
EDGE, NEAR, OFF = 0.04, 0.2, 0.12  # eye distances to the person: of its soft edge, that all are near, that some are off
LOBE = (0.85, 1.4)  # eye distances below the eyes: the upper end of what hangs from an ear
LEAST = 0.02  # square eye distances: smaller things are specks
SOLID, SEEN = 0.5, 0.05  # share of the person in a pixel, from which on it is the person's, and up to which it is not


def find_earrings(image: Image, matte: Mask, landmarks: Landmarks) -> Mask:
    """Return how much (H, W) in 0..1 of each pixel of a picture (H, W, 3) hangs from an ear, beyond the `matte`."""
    found = np.zeros_like(matte)
    pose = fit_pose(landmarks)
    plane = pixel_places(matte.shape) - pose.translation[:2].astype(np.float32)
    at_head = (plane / pose.scale - DEPTH * pose.rotation[:2, 2]) @ np.linalg.inv(pose.rotation[:2, :2]).T
    x, y = cv2.split(at_head.astype(np.float32))
    for side in (-1, 1):
        zone = (side * x > BESIDE[0]) & (side * x < BESIDE[1]) & (y > BELOW[0]) & (y < BELOW[1])
        left, top, width, height = cv2.boundingRect(zone.astype(np.uint8))
        margin = round(AROUND * pose.scale)
        rows = slice(max(0, top - margin), top + height + margin)
        columns = slice(max(0, left - margin), left + width + margin)
        part = (rows, columns)
        if width and height and (matte[part] < SEEN).any():
            found[part] = np.maximum(
                found[part], _hanging(image[part], matte[part], zone[part], y[part], float(pose.scale))
            )
    return found


def _hanging(
    image: Image, matte: Mask, zone: NDArray[np.bool_], below: NDArray[np.float32], eye_distance: float
) -> Mask:
    """Return what (h, w) hangs within a zone (h, w) of a part of the picture, so far `below` the eyes (h, w).

    It is small, near the person but not its edge, and before a wall.
    """
    behind = (matte < SEEN).astype(np.float32)
    size = 2 * round(AROUND * eye_distance / 2) + 1
    usual = cv2.medianBlur(fill_from_around(image, behind).astype(np.uint8), size)
    levels = np.sqrt(np.square(image.astype(np.float32) - usual).mean(2))
    away = cv2.distanceTransform((matte < SEEN).astype(np.uint8), cv2.DIST_L2, 5) / eye_distance
    unlike = ((levels > UNLIKE[1]) & (away > EDGE)).astype(np.uint8)
    joined = cv2.morphologyEx(unlike, cv2.MORPH_CLOSE, _disc(EDGE * eye_distance / 2))
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(joined)
    found = np.zeros(matte.shape, np.uint8)
    for number in range(1, count):
        there = parts == number
        width, height = boxes[number, cv2.CC_STAT_WIDTH], boxes[number, cv2.CC_STAT_HEIGHT]
        small = width < LARGEST[0] * eye_distance and height < LARGEST[1] * eye_distance
        small &= boxes[number, cv2.CC_STAT_AREA] > LEAST * eye_distance**2
        hangs = away[there].min() < NEAR and away[there].max() > OFF and LOBE[0] < below[there].min() < LOBE[1]
        if (
            small
            and hangs
            and zone[there].all()
            and _other_share(unlike, behind, there, round(BARE * eye_distance)) < UNEVEN
        ):
            found |= there
    around = cv2.dilate(found, _disc(EDGE * eye_distance)) > 0
    return np.asarray(np.where(around, smoothstep(levels, *UNLIKE), 0), np.float32)


def _other_share(unlike: NDArray[np.uint8], behind: Mask, there: NDArray[np.bool_], margin: int) -> float:
    """Return which share of the background (h, w) around a thing that is `there` (h, w) is as unlike as it."""
    left, top, width, height = cv2.boundingRect(there.astype(np.uint8))
    near = np.s_[max(0, top - margin) : top + height + margin, max(0, left - margin) : left + width + margin]
    wall = (behind[near] > 0) & ~there[near]
    return float(unlike[near][wall].mean()) if wall.any() else 1.0


def _disc(radius: float) -> NDArray[np.uint8]:
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
