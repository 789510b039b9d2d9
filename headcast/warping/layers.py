"""A picture and the matte of its person in, two layers out: the person without the background, the background without.

Loose hair is alpha with the hair's own colours, so that no old background clings to it; what the person hides is
filled once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import fit_pose
from headcast.types import Image, Landmarks, Mask, Shot
from headcast.warping.behind import SOLID, compared, disc, mean_where, surroundings
from headcast.warping.earrings import find_earrings
from headcast.warping.haze import add_haze
from headcast.warping.loose import find_loose_hair
from headcast.warping.sampling import pixel_places
from headcast.warping.smooth import fill_from_around
from headcast.warping.wall_edge import behind_wall_edge

Fill = Callable[[Image, Mask], NDArray[np.uint8] | NDArray[np.float32]]
"""Fills what is hidden (H, W; 0 or 1) of a picture (H, W, 3)."""

HIDDEN_FROM = 0.05  # share of the person in a pixel from which on the background behind it is not known
LOOSE_HAIR = 2 / 256  # of the side: how far beyond the matte hairs and soft edges hide what lies behind
TRACE_REACH = 14 / 256  # of the side, beyond that: how far colours are asked for traces of the person
TRACE = 0.05  # share of the person in a colour that is a trace
UNLIKE = (2.0, 2.0)  # levels, plus times the background's own unevenness, that are unlike it
LIKENESS = 0.6  # of what is unlike the background, how much may be unlike the person too ...
FAINT = 30.0  # ... from so many levels on: else it is an earring, or stands behind
ATTACHED_REACH = 16 / 256  # of the side: how far beyond the matte collars and shoulders are looked for
ATTACHED_BELOW = 1.05  # eye distances below the eyes: what begins above is hair, which is no solid part
ATTACHED_SHARE = 0.15  # share of the person in a colour of such a part
ATTACHED = (8.0, 24.0)  # levels between which a pixel goes from the background's to the person's
THICK, DEEP = 4 / 256, 6 / 256  # of the side: half the breadth of a solid part, and how far beyond the matte it goes
EVEN, UNEVEN_BEHIND = 5.0, 12.0  # levels of unevenness up to which all that is unlike is a trace, and up to which some
CLEAR = 1 / 256  # of the side: so near to the person each pixel is a trace
LIKE_PERSON = 0.5  # share of the person in a colour, from which on it may be one of the person's
UNEVEN_BESIDE = 8.0  # levels of unevenness of the background, from which on a faint trace is not seen
USUAL = 2.0  # times the unevenness, up to which a colour is one of the background's
BIT = 1  # pixels: smaller parts of the photo beside what is filled are specks
FUSION_RADII = (90 / 1024, 7 / 1024)  # of the side, far then near
EDGE_REACH = 0.02  # of the side: how far from the matte's edge its hairs reach, and colours are compared
CONTRAST = 40.0  # levels between person and background from which on colours tell them apart
UNEVEN = 6.0  # times the variance of the background, which must be less than the contrast
CERTAIN = (0.25, 1.0)  # a rough matte counts as the person between these where colours do not tell: rather too narrow
SHARE_RANGE = (0.1, 0.9)  # shares that count as none and all: colours vary


@dataclass(frozen=True)
class Layers:
    """`person` (H, W, 3) float32 0..255 has a colour everywhere; `matte` (H, W) in 0..1 says where it is seen.

    `background` (H, W, 3) float32 is the picture where it is seen and filled where `hidden` (H, W; 0 or 1) is 1.
    `hanging` (H, W) in 0..1 is the part of the matte that hangs from the ears.
    """

    person: NDArray[np.float32]
    matte: Mask
    background: NDArray[np.float32]
    hidden: Mask
    hanging: Mask


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
    trace = (asked & _unlike_background(image, matte, ~asked, round(TRACE_REACH * side))).astype(np.uint8)
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


def _unlike_background(image: Image, matte: Mask, known: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Tell where (H, W) a picture is unlike the background that is `known` (H, W) near by, and like the person."""
    picture = image.astype(np.float32)
    uneven = surroundings(picture, known, radius)[1]
    share, levels, other = compared(picture, matte, known)
    plainly = levels > UNLIKE[0] + UNLIKE[1] * uneven
    something_else = ((levels > FAINT) & (other > LIKENESS * levels)).astype(np.uint8)
    plainly &= cv2.dilate(something_else, disc(LOOSE_HAIR * max(matte.shape))) == 0
    return np.asarray(plainly & ((uneven < EVEN) | ((share > TRACE) & (uneven < UNEVEN_BEHIND))))


def split_layers(image: Image, matte: Mask, fill: Fill, landmarks: Landmarks | None = None) -> Layers:
    """Split a picture (H, W, 3) by the person's rough `matte` (H, W); `fill` paints what the person hides.

    What is attached below the mouth, and what hangs from the ears, is found where `landmarks` of the face are known.
    """
    matte = fine_matte(image, matte)
    hanging = np.zeros_like(matte)
    if landmarks is not None:
        matte = np.maximum(matte, find_attached(image, matte, landmarks))
        hanging = find_earrings(image, matte, landmarks)
    matte = np.maximum(matte, hanging)
    hidden = hidden_by(image, matte)
    background = np.asarray(fill(image, hidden), np.float32)
    return Layers(person_colours(image, matte), matte, background, hidden, hanging)


def mattes_of(shot: Shot, full: Image, rough: Mask) -> tuple[Mask, Mask]:
    """Return the fine mattes of a shot and of its square at `full` size (side, side, 3) with its `rough` matte."""
    own = fine_matte(shot.image, shot.matte)
    further = find_attached(shot.image, own, shot.landmarks)
    own = np.maximum(own, further)
    further = np.maximum(further, find_earrings(shot.image, own, shot.landmarks))
    enlarged = np.asarray(cv2.resize(further, full.shape[1::-1]), np.float32)
    return np.maximum(own, further), np.maximum(fine_matte(full, rough), enlarged)


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
    unlike &= _unlike_background(image, matte, ~asked, radius)
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
    unsure = ((matte > HIDDEN_FROM) & (matte < 1 - HIDDEN_FROM)).astype(np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (radius, radius))
    edge = cv2.blur(cv2.dilate(unsure, disc), (radius, radius))
    trust = edge * contrast / (contrast + CONTRAST**2 + UNEVEN * uneven)
    sharp = np.clip((share - SHARE_RANGE[0]) / (SHARE_RANGE[1] - SHARE_RANGE[0]), 0, 1)
    certain = smoothstep(matte, *CERTAIN)
    return np.asarray(certain + trust * (sharp - certain), np.float32)


def person_colours(image: Image, matte: Mask) -> NDArray[np.float32]:
    """Return the colours (H, W, 3) of the person alone; beyond the matte those of the person's nearest parts.

    Blur fusion, twice (Forte, "Approximate fast foreground colour estimation", ICIP 2021).
    """
    picture = image.astype(np.float32)
    person, behind = picture, picture
    for share in FUSION_RADII:
        radius = max(3, round(share * max(matte.shape)) | 1)
        person, behind = _fuse(picture, person, behind, matte[:, :, None], radius)
    far = fill_from_around(np.asarray(person), (matte > SOLID).astype(np.float32))
    near = np.clip(matte / HIDDEN_FROM, 0, 1)[:, :, None]
    return np.asarray(np.clip(far + near * (person - far), 0, 255), np.float32)


def _fuse(
    picture: NDArray[np.float32],
    person: NDArray[np.float32],
    behind: NDArray[np.float32],
    alpha: NDArray[np.float32],
    radius: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size = (radius, radius)
    near = cv2.blur(alpha, size)[:, :, None]
    person = cv2.blur(person * alpha, size) / (near + 1e-5)
    behind = cv2.blur(behind * (1 - alpha), size) / (1 - near + 1e-5)
    person = person + alpha * (picture - alpha * person - (1 - alpha) * behind)
    return np.clip(person, 0, 255), np.clip(behind, 0, 255)
