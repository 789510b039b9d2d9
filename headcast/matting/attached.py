"""A picture, its person's matte and landmarks in, the solid parts below the mouth out that the matte leaves out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import fit_pose
from headcast.matting.behind import compared, disc
from headcast.matting.traces import FAINT, LIKE_PERSON, unlike_background
from headcast.pixels.sampling import pixel_places
from headcast.types import Image, Landmarks, Mask

ATTACHED_REACH = 16 / 256  # of the side: how far beyond the matte collars and shoulders are looked for
ATTACHED_BELOW = 1.05  # eye distances below the eyes: what begins above is hair, which is no solid part
ATTACHED_SHARE = 0.15  # share of the person in a colour of such a part
ATTACHED = (8.0, 24.0)  # levels between which a pixel goes from the background's to the person's
THICK, DEEP = 4 / 256, 6 / 256  # of the side: half the breadth of a solid part, and how far beyond the matte it goes


def find_attached(image: Image, matte: Mask, landmarks: Landmarks) -> Mask:
    """Return how much (H, W) of each pixel below the mouth is a solid part of the person that the `matte` leaves out.

    Before an even wall that is what is plainly unlike it and reaches the person: a collar, the rim of a suit, a
    shoulder. What goes on farther is something else, what begins higher is a loose lock.
    """
    side = max(matte.shape)
    radius = round(ATTACHED_REACH * side)
    own = (matte > LIKE_PERSON).astype(np.uint8)
    asked = cv2.dilate(own, disc(radius)) > 0
    below = _below_eyes(matte.shape, landmarks) > ATTACHED_BELOW
    if not (own.any() and below.any()) or asked.all():
        return np.zeros_like(matte)
    share, levels, _ = compared(image.astype(np.float32), matte, ~asked)
    unlike = asked & (levels > FAINT) & (share > ATTACHED_SHARE)
    unlike &= unlike_background(image, matte, ~asked, radius)
    solid = cv2.morphologyEx(unlike.astype(np.uint8) | own, cv2.MORPH_OPEN, disc(THICK * side))
    _, parts = cv2.connectedComponents(np.where(own > 0, 0, solid).astype(np.uint8))
    beside = cv2.dilate(own, disc(1)) > 0
    beyond = cv2.dilate((~(below & asked)).astype(np.uint8), disc(1)) > 0
    deep = cv2.distanceTransform(1 - own, cv2.DIST_L2, 3) > DEEP * side
    wanted = np.intersect1d(parts[beside], parts[deep])
    found = np.isin(parts, np.setdiff1d(wanted, [0, *parts[beyond]]))
    around = (cv2.dilate(found.astype(np.uint8), disc(THICK * side)) > 0) & below & asked
    return np.asarray(np.where(around, smoothstep(levels, *ATTACHED), 0), np.float32)


def _below_eyes(shape: tuple[int, ...], landmarks: Landmarks) -> NDArray[np.float32]:
    """Return how far (H, W) each pixel lies below the eyes along an upright head, in eye distances."""
    pose = fit_pose(landmarks)
    down = np.linalg.inv(pose.rotation[:2, :2])[1] / pose.scale
    return np.asarray((pixel_places(shape) - pose.translation[:2]) @ down, np.float32)
