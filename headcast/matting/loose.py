"""A picture and its person's matte in, the loose hair out that the matte leaves out before an even wall."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.matting.behind import compared, disc, surroundings
from headcast.matting.wall_edge import behind_wall_edge
from headcast.types import Image, Mask

REACH = 24 / 256  # of the side: how far beyond the matte hair is looked for
CALM = 2.5  # levels that an even wall changes at most over a 256th of the side
EVEN = 4.0  # levels of unevenness up to which a wall is even
UNLIKE = (8.0, 2.0)  # levels, plus times the wall's own unevenness, that are unlike it
OTHER = (3.0, 0.5)  # levels, plus share of what is unlike the wall, that may be unlike the person too
EDGE = (0.05, 0.9)  # shares of the person in a colour that count as none and all: hardly steeper than in the picture
SHARE = (0.15, 0.7)  # the same within a lock
SURE = (30.0, 0.6)  # levels, and share of the person, that one pixel of a lock must have
SEAM = 3 / 256  # of the side: so far into the rough matte's edge, which ended at random in a lock
SMOOTHED = 1.0  # pixels: grain is no edge of a wall


def find_loose_hair(image: Image, matte: Mask) -> Mask:
    """Return how much (H, W) of each pixel is hair of the person that the `matte` of a picture (H, W, 3) leaves out.

    The wall is what one reaches from far away in small steps of colour. What is plainly unlike it and like the person
    near by, and touches the person, is hair, unless it goes on farther than REACH: then it is something else.
    """
    side = max(matte.shape)
    own = (matte > 0.5).astype(np.uint8)
    asked = cv2.distanceTransform(1 - own, cv2.DIST_L2, 5) <= REACH * side
    if not own.any() or asked.all():
        return np.zeros_like(matte)
    picture = image.astype(np.float32)
    wall = ~asked | _reached(picture, matte, ~asked)
    uneven = surroundings(picture, wall, round(REACH * side))[1]
    share, levels, other = compared(picture, matte, wall)
    like_person = (levels > UNLIKE[0] + UNLIKE[1] * uneven) & (other < OTHER[0] + OTHER[1] * levels)
    like_person &= ~behind_wall_edge(image, matte)
    hair = asked & (uneven < EVEN) & like_person & (share > SHARE[0])
    _, parts = cv2.connectedComponents((hair & (own == 0)).astype(np.uint8))
    sure = parts[hair & (levels > SURE[0]) & (share > SURE[1])]
    touching = parts[cv2.dilate(own, disc(1)) > 0]
    beyond = parts[cv2.dilate((~asked).astype(np.uint8), disc(1)) > 0]
    wanted = np.setdiff1d(np.intersect1d(touching, sure), [0, *beyond])
    found = cv2.dilate(np.isin(parts, wanted).astype(np.uint8), disc(SEAM * side)) > 0
    edge = np.where(found & like_person, np.clip((share - EDGE[0]) / (EDGE[1] - EDGE[0]), 0, 1), 0)
    within = cv2.erode(np.where(found & hair, smoothstep(share, *SHARE), 0), disc(1))
    return np.asarray(np.maximum(edge, within), np.float32)


def _reached(picture: NDArray[np.float32], matte: Mask, far: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell what (H, W) of a picture is reached from what lies `far` (H, W) from the person in small steps."""
    smooth = cv2.GaussianBlur(picture, (0, 0), SMOOTHED)
    steps = [cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))]
    steep = np.sqrt(sum(np.square(step).mean(2) for step in steps)) * (max(matte.shape) / 256)
    calm = (steep < CALM) & (matte == 0)
    _, parts = cv2.connectedComponents(calm.astype(np.uint8), connectivity=4)
    return np.asarray(np.isin(parts, np.setdiff1d(parts[far], [0])))
