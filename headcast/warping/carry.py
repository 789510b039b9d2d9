"""One shot and driving landmarks in, its person carried there before its own background out.

The still background, continued where the person was, then the person, carried by the mesh and cut by the matte.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import Head
from headcast.types import Image, Landmarks, Mask, Shot
from headcast.warping.mesh import Mesh, SamplingGrid, Sides, nearest_where, pixel_places, sample

HAIR_WIDTH = 0.035  # of the side: how far loose hair reaches beyond the matte, twice
MIRROR_REACH = 40 / 256  # of the side: how far in the mirror image of the background is worth more than a blur
MIRROR_SMOOTHING = 2 / 256  # of the side, of the way to the edge: it is ragged
HIDDEN_FROM = 0.02  # share of the person in a pixel from which on the background behind it is not known
COMPARED = 4 / 256  # of the side: what is finer may lie elsewhere within one take
SAME_TAKE = 18.0  # levels around the face: within one clip 4 at the median, between strangers 60
SAME_BACKGROUND = 3.0  # levels of a still background: 1 to 3 before a still camera, 12 and more before a moving one
UNKNOWN = 1e-3  # share of a shot at a pixel that it does not show, for pixels that none shows


@dataclass(frozen=True)
class Carried:
    """A picture whose person was carried to new landmarks.

    `colour` (H, W, 3) float32 0..255; `validity`, `matte`, `cover` and `carried` (H, W) in 0..1: what can be trusted,
    the person, the same with loose hair, and how far a pixel is the shot's own carried along `grid`.
    """

    colour: NDArray[np.float32]
    validity: Mask
    matte: Mask
    cover: Mask
    carried: Mask
    grid: SamplingGrid


class Carrier:
    """Carries the person of one shot to any landmarks; on a `pinned` side of the frame nothing moves."""

    def __init__(self, shot: Shot, pinned: Sides = (False,) * 4) -> None:
        self._size = shot.image.shape[0]
        self._mesh = Mesh(shot.landmarks, self._size, pinned)
        outline = soft_outline(shot.matte)
        self._picture = np.dstack([shot.image, outline, shot.matte]).astype(np.float32)
        self._image, self._hidden = shot.image, (outline > HIDDEN_FROM).astype(np.float32)
        self._background = continue_around(shot.image, self._hidden)

    @property
    def head(self) -> Head:
        """Return pose and controls of the shot."""
        return self._mesh.head

    def reveal(self, others: Sequence["Carrier"]) -> None:
        """Learn from other shots of the take what the person hides of the background in this one."""
        image, unknown = self._image.copy(), self._hidden
        for other in others:
            there = (unknown > 0) & (other._hidden == 0)
            if there.any() and self._shares_background(other):
                image[there] = other._image[there]
                unknown = unknown * other._hidden
        self._background = continue_around(image, unknown)

    def _shares_background(self, other: "Carrier") -> bool:
        """Tell whether neither the camera nor anything behind the person has moved."""
        both = (self._hidden == 0) & (other._hidden == 0)
        return bool(both.any() and cv2.absdiff(self._image, other._image)[both].mean() < SAME_BACKGROUND)

    def __call__(self, landmarks: Landmarks, head: Head) -> Carried:
        """Carry the person to `landmarks`, which are those of `head`."""
        grid = self._mesh.grid(landmarks, head)
        picture = sample(self._picture, grid.positions, cv2.BORDER_REPLICATE)
        if grid.doubled.any():  # there, what lies beside the face: hair, an ear or background
            beside = sample(self._picture, self._mesh.beside_face(grid.positions), cv2.BORDER_REPLICATE)
            picture += grid.doubled[:, :, None] * (beside - picture)
        cover, matte = picture[:, :, 3], picture[:, :, 4]
        colour = self._background + cover[:, :, None] * (picture[:, :, :3] - self._background)
        carried = cover * grid.trusted * _inside_frame(grid.positions, self._size)
        validity = carried + (1 - cover) * (1 - self._hidden)
        return Carried(colour, validity, matte, cover, carried, grid)


def blend(pictures: Sequence[Carried], weights: Sequence[float]) -> Carried:
    """Blend pictures of one take, each where it can be trusted; `grid` stays the first one's.

    So does a background that the first one shows: it is still, and the others' grain would tremble there.
    """
    first = pictures[0]
    if len(pictures) == 1:
        return first
    changing = np.maximum.reduce([one.cover for one in pictures] + [1 - first.validity])
    shares = [np.float32(weight) * (one.validity + UNKNOWN) for one, weight in zip(pictures, weights, strict=True)]
    total = np.maximum(np.sum(shares, axis=0), np.float32(1e-9))
    shares = [share / total * changing for share in shares]
    shares[0] = shares[0] + (1 - changing)
    colour = np.sum([share[:, :, None] * one.colour for share, one in zip(shares, pictures, strict=True)], axis=0)
    validity = np.sum([share * one.validity for share, one in zip(shares, pictures, strict=True)], axis=0)
    matte = np.sum([share * one.matte for share, one in zip(shares, pictures, strict=True)], axis=0)
    return Carried(colour, validity, matte, changing, first.carried * shares[0], first.grid)


def same_take(carried: Carried, shot: Shot) -> bool:
    """Tell whether a picture carried to a shot's landmarks is of the same take: hair, clothes and background agree."""
    around = carried.validity * (carried.grid.triangles < 0)
    difference = cv2.GaussianBlur(carried.colour - shot.image, (0, 0), COMPARED * shot.image.shape[0])
    return bool((np.abs(difference).mean(axis=2) * around).sum() < SAME_TAKE * around.sum())


def soft_outline(matte: Mask) -> Mask:
    """Return how much (H, W) each pixel moves with the person: the matte with the hairs around it that it missed."""
    width = max(3, round(HAIR_WIDTH * matte.shape[0]) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    grown = cv2.dilate(np.clip(matte * 2, 0, 1), disc)
    return np.maximum(matte, cv2.GaussianBlur(grown, (width, width), 0)).astype(np.float32)


def continue_around(image: Image, hidden: Mask) -> NDArray[np.float32]:
    """Fill what is hidden (H, W: 0 or 1) in an image (H, W, 3), near its edge with what lies around, mirrored.

    A blur beside a sharp background is seen at once; farther in there is no telling. float32 0..255.
    """
    filled = fill_from_around(image, 1 - hidden)
    if hidden.min() == hidden.max():
        return filled
    places = pixel_places(hidden.shape)
    side = hidden.shape[0]
    way_out = cv2.GaussianBlur(nearest_where(hidden < 1) - places, (0, 0), MIRROR_SMOOTHING * side)
    opposite = np.asarray(places + 2 * way_out, np.float32)
    near = np.exp(-np.square(np.linalg.norm(way_out, axis=2) / (MIRROR_REACH * side)))
    share = hidden * near * sample(1 - hidden, opposite, cv2.BORDER_REFLECT_101)
    return np.asarray(filled + share[:, :, None] * (sample(image, opposite, cv2.BORDER_REFLECT_101) - filled))


def fill_from_around(image: Image, known: Mask) -> NDArray[np.float32]:
    """Fill the unknown parts of an image (H, W, 3) smoothly from the known ones, coarse to fine; float32 0..255."""
    colours = image.astype(np.float32)
    weights = np.clip(known, 0, 1)[:, :, None].astype(np.float32)
    if min(image.shape[:2]) <= 2 or weights.min() > 0.999:
        total = np.maximum(weights.sum(), 1e-3)
        return np.asarray(weights * colours + (1 - weights) * (weights * colours).sum((0, 1)) / total)
    half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    less = cv2.resize(weights * colours, half, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(weights[:, :, 0], half, interpolation=cv2.INTER_AREA)
    coarse = fill_from_around(np.asarray(less / np.maximum(weight, 1e-3)[:, :, None]), np.minimum(1, 2 * weight))
    size = (image.shape[1], image.shape[0])
    return np.asarray(weights * colours + (1 - weights) * cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR))


def _inside_frame(positions: NDArray[np.float32], size: int) -> Mask:
    """Return 1 where positions (H, W, 2) lie within a frame of `size` pixels, else 0."""
    x, y = positions[:, :, 0], positions[:, :, 1]
    return ((x > -1) & (x < size) & (y > -1) & (y < size)).astype(np.float32)
