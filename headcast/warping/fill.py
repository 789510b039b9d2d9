"""A picture and what is hidden of it in, the picture with plausible pixels there out: the background behind a person.

Lines and colours that end at the hidden part go on straight (transport.py); deep inside, colours are smooth. Texture is
copied onto that where what is seen agrees with it (pieces.py). Where nothing agrees it stays dull: what is dull is
seldom noticed, what is wrong always.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.types import Image, Mask
from headcast.warping.pieces import lay_pieces, plan_pieces
from headcast.warping.smooth import fill_from_around
from headcast.warping.transport import continue_lines

MOST_SIDE = 1024  # pixels of the longer side in which is filled; what is filled of larger pictures is enlarged
LINES_SIDE, PLAN_SIDE = 256, 128  # of the pictures in which lines are continued, and pieces are chosen
LEAST_SIDE = 8
USUAL = 17  # pixels around each that tell the usual colour there
REACH, BLEND = 0.2, 0.04  # of the longer side: how far into what is hidden lines go on, over which they fade
DISAGREES = 2500.0  # squared levels by which a piece differs of which a third is taken
TEXTURE = 0.03  # of the longer side: what is coarser is the guide's own
GRAIN, GRAIN_SIZE = 3.0, 1.0  # levels and pixels of a piece's grain, which is taken always


def fill_hidden(image: Image, hidden: Mask) -> Image:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3); what is seen stays as it is."""
    missing = hidden > 0.5
    if not missing.any() or missing.all():
        return np.array(image)
    if max(missing.shape) > MOST_SIDE:
        return _filled_reduced(image, missing)
    height, width = missing.shape
    guide = _guide(image, missing)
    picture = np.where(missing[:, :, None], cv2.resize(guide, (width, height)), image).astype(np.float32)
    small, gone = _reduced(picture, missing, PLAN_SIDE)
    wanted = gone & (_depth(gone) < REACH)
    away, disagreement = plan_pieces(small, gone, wanted)
    pieces = lay_pieces(picture, away)
    agreed = cv2.blur(wanted * np.exp(-disagreement / DISAGREES).astype(np.float32), (5, 5))
    share = cv2.resize(agreed, (width, height))[:, :, None]
    coarser = cv2.GaussianBlur(picture - pieces, (0, 0), TEXTURE * max(missing.shape))
    grain = np.clip(pieces - cv2.GaussianBlur(pieces, (0, 0), GRAIN_SIZE), -GRAIN, GRAIN)
    filled = picture + share * (pieces + coarser - picture) + (1 - share) * grain
    return np.where(missing[:, :, None], np.clip(filled + 0.5, 0, 255).astype(np.uint8), image)


def _filled_reduced(image: Image, missing: NDArray[np.bool_]) -> Image:
    """Fill what is missing (H, W) of a large image at MOST_SIDE."""
    small, gone = _reduced(image, missing, MOST_SIDE)
    filled = cv2.resize(fill_hidden((small + 0.5).astype(np.uint8), gone.astype(np.float32)), missing.shape[::-1])
    return np.asarray(np.where(missing[:, :, None], filled, image), np.uint8)


def _guide(image: Image, missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a small picture (h, w, 3) whose lines and colours go on in what is missing (H, W)."""
    small, gone = _reduced(image, missing, LINES_SIDE)
    known = (~gone).astype(np.float32)
    smooth = cv2.resize(fill_from_around(image, (~missing).astype(np.float32)), gone.shape[::-1])
    start = np.where(gone[:, :, None], smooth, small).astype(np.float32)
    near = cv2.GaussianBlur(known, (0, 0), USUAL)[:, :, None]
    around = cv2.GaussianBlur(start * known[:, :, None], (0, 0), USUAL) / np.maximum(near, 1e-3)
    mostly = np.where(gone[:, :, None] & (near > 0.01), around, start)  # a thin frame at the rim is not what is usual
    usual = np.asarray(cv2.medianBlur(np.clip(mostly, 0, 255).astype(np.uint8), USUAL), np.uint8)
    dull = fill_from_around(usual, known)
    lines = continue_lines(start, dull, gone, REACH * max(gone.shape))
    share = np.clip((REACH - _depth(gone)) / BLEND, 0, 1)[:, :, None]
    return np.where(gone[:, :, None], dull + share * (lines - dull), small).astype(np.float32)


def _reduced(
    picture: Image | NDArray[np.float32], missing: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a picture (h, w, C) of at most `side` pixels; of it is missing (h, w) what is missing in part."""
    scale = min(1.0, side / max(missing.shape))
    width, height = (max(LEAST_SIDE, round(length * scale)) for length in missing.shape[::-1])
    gone = np.asarray(cv2.resize(missing.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0)
    small = cv2.resize(picture.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), gone


def _depth(missing: NDArray[np.bool_]) -> Mask:
    """Return how deep (H, W) each pixel lies in what is missing, in longer sides; 1 where nothing is seen."""
    side = max(missing.shape)
    depth = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.minimum(depth, side) / side, np.float32)
