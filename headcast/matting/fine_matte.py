"""A picture and the rough matte of its person in, the matte out as fine as the picture shows each hair."""

import cv2
import numpy as np

from headcast.geometry.measures import smoothstep
from headcast.matting.behind import HIDDEN_FROM, SOLID, mean_where
from headcast.matting.haze import add_haze
from headcast.matting.loose import find_loose_hair
from headcast.types import Image, Mask

EDGE_REACH = 0.02  # of the side: how far from the matte's edge its hairs reach, and colours are compared
CONTRAST = 40.0  # levels between person and background from which on colours tell them apart
UNEVEN = 16.0  # times the variance of the background, which must be less than the contrast
STRANGE = 12.0  # times the square of what no mixture of both explains, the same
CERTAIN = (0.25, 1.0)  # a rough matte counts as the person between these where colours do not tell: rather too narrow
SHARE_RANGE = (0.1, 0.9)  # shares that count as none and all: colours vary


def fine_matte(image: Image, matte: Mask) -> Mask:
    """Return the matte (H, W) as fine as the picture (H, W, 3) shows it, with hair that the rough one leaves out."""
    refined = refine_matte(image, matte)
    return add_haze(image, np.maximum(refined, find_loose_hair(image, refined)))


def refine_matte(image: Image, matte: Mask) -> Mask:
    """Return the matte (H, W) with each hair of its edge where the picture (H, W, 3) shows it.

    Along the edge a pixel's share is where its colour lies between those of the person and of the background near by.
    """
    radius = max(3, round(EDGE_REACH * max(matte.shape)) | 1)
    picture = image.astype(np.float32)
    person, behind = (mean_where(picture, where, radius) for where in (matte > SOLID, matte < 1 - SOLID))
    uneven = mean_where(np.square(picture - behind).sum(2, keepdims=True), matte < 1 - SOLID, radius)[:, :, 0]
    towards = person - behind
    contrast = np.square(towards).sum(2)
    share = ((picture - behind) * towards).sum(2) / (contrast + 1)
    strange = np.square(picture - behind - share[:, :, None] * towards).sum(2)
    unsure = ((matte > HIDDEN_FROM) & (matte < 1 - HIDDEN_FROM)).astype(np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (radius, radius))
    edge = cv2.blur(cv2.dilate(unsure, disc), (radius, radius))
    trust = edge * contrast / (contrast + CONTRAST**2 + UNEVEN * uneven + STRANGE * strange)
    sharp = np.clip((share - SHARE_RANGE[0]) / (SHARE_RANGE[1] - SHARE_RANGE[0]), 0, 1)
    certain = smoothstep(matte, *CERTAIN)
    return np.asarray(certain + trust * (sharp - certain), np.float32)
