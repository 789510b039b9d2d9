"""A picture and the fine matte of its person in, the matte with the haze around it out: fine hairs, blur, fringes.

Before an even wall each pixel tells how much of it is wall. Without its haze an outline looks cut out with a knife.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.matting.behind import SOLID, disc, surroundings
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Mask

REACH: Final = (2 / 256, 6 / 256)  # of the side: how far beyond the matte haze is taken whole, and not at all
THIN, THIN_FROM = 0.35, (2 / 256, 4 / 256)  # share that is no haze but solid, and so far beyond the matte (of the side)
NONE: Final = 0.03  # share of the person in a pixel that is none: what the wall varies by
CLEAR: Final = 20 / 256  # of the side, beyond the matte: what lies farther is wall, and tells whether it is even
BESIDE: Final = 10 / 256  # of the side: what lies farther is the wall in the shade that it has near by
UNLIKE: Final = (2.0, 2.0)  # levels, plus times the wall's own unevenness, that are unlike it
PLAINLY: Final = (0.3, 1.2)  # times so many levels, between which a pixel goes from none to all of its share
EVEN: Final = (3.0, 5.0)  # levels of unevenness up to which a wall is even, and from which on it is not
CONTRAST: Final = (20.0, 45.0)  # levels between wall and person: colours tell nothing below, and all above
FAINT, OTHER = 30.0, 0.6  # levels unlike the wall from which on so large a share of them may not be unlike the person
JOINED, AROUND = 0.15, 2 / 256  # share of a pixel that joins haze to the person, of the side: what is fainter beside it


def add_haze(image: Image, matte: Mask) -> Mask:
    """Return the `matte` (H, W) of a picture (H, W, 3) with the share of the person in each pixel of the haze."""
    side = max(matte.shape)
    away = cv2.distanceTransform((matte < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / np.float32(side)
    known = away > CLEAR
    if known.all() or not known.any():
        return matte
    picture = image.astype(np.float32)
    uneven = surroundings(picture, known, round(CLEAR * side))[1]
    possible = (1 - smoothstep(away, *REACH)) * (1 - smoothstep(uneven, *EVEN))
    if not possible[matte < 0.5].any():
        return matte
    share = _share(picture, matte, away > BESIDE, uneven)
    most = 1 - (1 - THIN) * smoothstep(away, *THIN_FROM)
    haze = np.asarray(possible * np.clip((share - NONE) / (1 - NONE), 0, most), np.float32)
    _, parts = cv2.connectedComponents(((haze > JOINED) | (matte > 0.5)).astype(np.uint8))
    joined = np.isin(parts, np.unique(parts[matte > 0.5])).astype(np.uint8)
    return np.asarray(np.maximum(matte, haze * cv2.dilate(joined, disc(AROUND * side))), np.float32)


def _share(
    picture: NDArray[np.float32], matte: Mask, known: NDArray[np.bool_], uneven: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return which share (H, W) of each pixel is no wall, of a picture (H, W, 3) whose wall is `known` (H, W)."""
    behind = fill_from_around(picture, known.astype(np.float32))
    towards = fill_from_around(picture, (matte > SOLID).astype(np.float32)) - behind
    unlike = picture - behind
    contrast, levels = (np.sqrt(np.square(each).mean(2)) for each in (towards, unlike))
    share = np.clip((unlike * towards).mean(2) / (np.square(contrast) + 8), 0, 1)
    other = np.sqrt(np.square(unlike - share[:, :, None] * towards).mean(2))
    strange = ((levels > FAINT) & (other > OTHER * levels)).astype(np.uint8)
    share *= smoothstep(levels / (UNLIKE[0] + UNLIKE[1] * uneven), *PLAINLY) * smoothstep(contrast, *CONTRAST)
    return np.asarray(share * (cv2.dilate(strange, disc(AROUND * max(matte.shape))) == 0), np.float32)
