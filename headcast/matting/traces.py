"""A picture and the matte of its person in, where the person may hide what lies behind out, traces beside it too."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.behind import HIDDEN_FROM, SOLID, compared, disc, surroundings
from headcast.matting.wall_edge import behind_wall_edge
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Mask

LOOSE_HAIR = 2 / 256  # of the side: how far beyond the matte hairs and soft edges hide what lies behind
TRACE_REACH = 14 / 256  # of the side, beyond that: how far colours are asked for traces of the person
TRACE = 0.05  # share of the person in a colour that is a trace
UNLIKE = (2.0, 2.0)  # levels, plus times the background's own unevenness, that are unlike it
LIKENESS = 0.6  # of what is unlike the background, how much may be unlike the person too ...
FAINT = 30.0  # ... from so many levels on: else it is an earring, or stands behind
EVEN, UNEVEN_BEHIND = 5.0, 12.0  # levels of unevenness up to which all that is unlike is a trace, and up to which some
CLEAR = 1 / 256  # of the side: so near to the person each pixel is a trace
LIKE_PERSON = 0.5  # share of the person in a colour, from which on it may be one of the person's
UNEVEN_BESIDE = 8.0  # levels of unevenness of the background, from which on a faint trace is not seen
USUAL = 2.0  # times the unevenness, up to which a colour is one of the background's
BIT = 1  # pixels: smaller parts of the photo beside what is filled are specks


def hidden_by(image: Image, matte: Mask) -> Mask:
    """Return 1 (H, W) where the person of a picture (H, W, 3) with a `matte` may hide what lies behind, else 0.

    Beyond the matte are traces of the person: loose hair, blur, the halo of sharpening and compression. Left in the
    background, they would draw the old outline beside the person that moved.
    """
    side = max(matte.shape)
    sure = cv2.dilate((matte > HIDDEN_FROM).astype(np.uint8), disc(LOOSE_HAIR * side))
    asked = cv2.dilate(sure, disc(TRACE_REACH * side)) > 0
    if not sure.any() or asked.all():
        return sure.astype(np.float32)
    trace = (asked & unlike_background(image, matte, ~asked, round(TRACE_REACH * side))).astype(np.uint8)
    trace[behind_wall_edge(image, matte)] = 0
    _, parts = cv2.connectedComponents(np.maximum(cv2.dilate(trace, disc(1)), sure))
    touching = np.isin(parts, np.unique(parts[sure > 0])) & asked
    return cv2.morphologyEx(touching.astype(np.uint8), cv2.MORPH_CLOSE, disc(LOOSE_HAIR * side)).astype(np.float32)


def beside_person(image: Image, matte: Mask) -> NDArray[np.uint8]:
    """Return 1 (H, W) beside the person where a picture (H, W, 3) shows no trace of it that would be seen, else 0.

    That is on uneven background that is not like the person.
    """
    side = max(matte.shape)
    radius = round(TRACE_REACH * side)
    covered = cv2.dilate((matte > HIDDEN_FROM).astype(np.uint8), disc(CLEAR * side))
    picture = image.astype(np.float32)
    nearby, uneven = surroundings(picture, cv2.dilate(covered, disc(radius)) == 0, radius)
    person = fill_from_around(picture, (matte > SOLID).astype(np.float32))
    towards, unlike = person - nearby, picture - nearby
    like_person = (unlike * towards).sum(2) > LIKE_PERSON * np.square(towards).sum(2)
    usual = np.sqrt(np.square(unlike).mean(2)) < USUAL * uneven
    bare = ((uneven > UNEVEN_BESIDE) & usual & ~like_person & (covered == 0)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(bare, cv2.MORPH_OPEN, disc(BIT)), np.uint8)


def unlike_background(image: Image, matte: Mask, known: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Tell where (H, W) a picture is unlike the background that is `known` (H, W) near by, and like the person."""
    picture = image.astype(np.float32)
    uneven = surroundings(picture, known, radius)[1]
    share, levels, other = compared(picture, matte, known)
    plainly = levels > UNLIKE[0] + UNLIKE[1] * uneven
    something_else = ((levels > FAINT) & (other > LIKENESS * levels)).astype(np.uint8)
    plainly &= cv2.dilate(something_else, disc(LOOSE_HAIR * max(matte.shape))) == 0
    return np.asarray(plainly & ((uneven < EVEN) | ((share > TRACE) & (uneven < UNEVEN_BEHIND))))
