"""A carried shot in, a close-up of each eye at the photo's own size out: all that the eyes' generator reads.

The left eye is shown as a mirror shows it, so that one network that knows right eyes paints both. Between the lids
the eyeball is carried anew at this size; everything else is the carried person with the photo's own detail.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.crop import (
    CROP_SCALE,
    Affine,
    CarriedPhotos,
    CloseUpCrop,
    cut,
    lay,
    linear_maps,
    moved,
    moved_pose,
    opening_maps,
    place,
    soft_mask,
    upright,
    weights_of,
)
from headcast.close_ups.lid_skin import without_lashes
from headcast.geometry.contact import OPENINGS
from headcast.geometry.nearest import EYE_CONTROLS, NearestFaces, behind_for_blur
from headcast.geometry.pose import Face, Head, Pose, head_of, remove_pose
from headcast.geometry.topology import (
    MIRROR,
    PAPER_RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_EYE_CORNERS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    RIGHT_FOLD,
    RIGHT_IRIS,
)
from headcast.pixels.mixing import to_image
from headcast.types import Conditioning, Image, Landmarks, Mask, Shot
from headcast.warping.bank import EYE_REACH
from headcast.warping.interior import Eye, plane_to_frame
from headcast.warping.patch import Patch
from headcast.warping.warp import WarpedShot

CROP_SIZE: Final = (96, 64)  # width, height
EMBEDDED_SIZE: Final = (48, 32)
SKULL_SPAN: Final = 0.5  # eye distances from the middle of the eye that the skull's coordinates reach
OPENING_GAIN: Final = 2.5  # opening changes of 0.2 eye distances fill the map's range
MASK_RADII: Final = (0.24, 0.13)  # eye distances from the middle of the eye: what is painted of any eye ...
MASK_MARGIN, MASK_FADE = 0.05, 0.06  # ... beside the lids, and over which that ends
SOURCE_REACH: Final = 0.6  # eye distances around an eye that are kept of a shot
FINE: Final = 2  # drawn pixels per pixel of the landmark image

MAPS: Final = (
    "validity",  # 1 where the carried shot shows the eye, 0 where lids hid it
    "eye_inside",  # inside of the lids
    "resolution",  # pixels of the photo for one of the close-up's, at most 1
    "opening_change",  # 0.5 + this opening less that of the shots that are shown
    "iris",  # 1 in the middle of the iris, 0.5 at its rim, falling on
    "skull_x",  # coordinates fixed to the skull, 0..1; 0.5 is the middle of the eye
    "skull_y",
)
_LINES: Final = (  # points, RGB
    (PAPER_RIGHT_BROW, (128, 128, 0)),
    (RIGHT_FOLD, (0, 128, 128)),
    (RIGHT_EYE_LOWER, (0, 255, 0)),
    (RIGHT_EYE_UPPER, (255, 0, 0)),
)
_IRIS_COLOUR: Final = (0, 0, 255)
_ANGLES: Final = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_CIRCLE: Final = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)


class EyeCropper:
    """Cuts close-ups of one person's eyes; of the first of `shots` the `photo` is known beside it."""

    def __init__(self, shots: Sequence[Shot], photo: Image) -> None:
        photos = CarriedPhotos(shots, photo)
        self._right, self._left = (_OneEye(photos, mirrored) for mirrored in (False, True))

    def __call__(self, warped: WarpedShot) -> tuple[CloseUpCrop, CloseUpCrop]:
        """Return the close-ups of the carried shot, the right eye's first."""
        return self._right(warped), self._left(warped)


class _OneEye:
    """Cuts close-ups of the right eye of shots, or of the left one of their mirror images."""

    def __init__(self, photos: CarriedPhotos, mirrored: bool) -> None:
        self._photo, self._mirrored, shots = photos, mirrored, photos.shots
        places = [_seen(shot.landmarks, len(shot.image), mirrored) for shot in shots]
        heads = [head_of(landmarks) for landmarks in places]
        known = zip(shots, places, heads, strict=True)
        self._eyes = [_eye(shot.image, landmarks, head, mirrored) for shot, landmarks, head in known]
        self._openings = np.array([head.controls[OPENINGS[1]] for head in heads])
        self._nearest = NearestFaces(heads, EYE_CONTROLS, EYE_REACH, behind_for_blur([shot.detail for shot in shots]))

    def __call__(self, warped: WarpedShot) -> CloseUpCrop:
        own = _seen(self._photo.place(warped), self._photo.side, self._mirrored)
        head = head_of(own) if self._mirrored else self._photo.head(warped)
        weights = weights_of("eyes", warped, self._nearest, head)
        to_crop = place_crop(own, head.pose)
        there = moved(own, to_crop)
        pose = moved_pose(head.pose, to_crop)
        if self._mirrored:
            to_crop = to_crop @ _mirror(self._photo.side)
        colour = self._photo.cut(warped, to_crop, CROP_SIZE)
        change = float(head.controls[OPENINGS[1]] - weights @ self._openings)
        cleared = without_lashes(colour, there, change)
        patch = self._between_lids(weights, there, pose, colour.shape)
        lay(patch, colour)
        flat = (min(1 / float(np.linalg.norm(to_crop[0, :2])), 1.0), min(max(0.5 + OPENING_GAIN * change, 0), 1))
        constant = [np.full(colour.shape[:2], value, np.float32) for value in flat]
        skull = _skull(remove_pose(there, pose), pose)
        maps = np.stack([*opening_maps(patch, CROP_SIZE), *constant, draw_iris(there), *skull]).transpose(1, 2, 0)
        conditioning = Conditioning(draw_eye(there), to_image(colour), maps)
        mask = eye_mask(there, pose.scale)
        return CloseUpCrop(conditioning, to_crop, mask if cleared is None else np.maximum(mask, cleared), cleared)

    def _between_lids(
        self, weights: NDArray[np.float64], landmarks: Landmarks, pose: Pose, frame: tuple[int, ...]
    ) -> Patch:
        """Return the eye between the lids of a face at `landmarks`, of the shots that are nearest."""
        some = np.flatnonzero(weights)
        patches: list[Patch] = [self._eyes[number].patch(landmarks, pose, frame) for number in some]
        if len(some) == 1:
            return patches[0]
        shares = weights[some].astype(np.float32)
        colour = np.sum([share * patch.colour for share, patch in zip(shares, patches, strict=True)], axis=0)
        shown = np.sum([share * patch.shown for share, patch in zip(shares, patches, strict=True)], axis=0)
        return replace(patches[0], colour=colour, shown=shown)


def shot_crops(image: Image, landmarks: Landmarks) -> tuple[tuple[Image, Image], ...]:
    """Return a shot's own eyes and their landmark images, of EMBEDDED_SIZE: what the eyes' embedder reads."""
    crops = []
    for mirrored in (False, True):
        seen = _seen(landmarks, len(image), mirrored)
        to_crop = place_crop(seen, head_of(seen).pose)
        lines = draw_eye(moved(seen, to_crop))
        eye = cut(image, to_crop @ _mirror(len(image)) if mirrored else to_crop, CROP_SIZE)
        small = [cv2.resize(picture, EMBEDDED_SIZE, interpolation=cv2.INTER_AREA) for picture in (eye, lines)]
        crops.append((np.asarray(small[0], np.uint8), np.asarray(small[1], np.uint8)))
    return tuple(crops)


def place_crop(landmarks: Landmarks, pose: Pose) -> Affine:
    """Return the similarity (2, 3) from a picture's pixels to the close-up's of its right eye."""
    turn = upright(pose)
    middle = turn @ landmarks[list(RIGHT_EYE_CORNERS), :2].astype(np.float64).mean(0)
    return place(turn, CROP_SCALE / pose.scale, middle, CROP_SIZE)


def draw_eye(there: Landmarks) -> Image:
    """Return the landmark image of a close-up: brow, fold of the lid, both lids and the iris."""
    width, height = CROP_SIZE
    canvas = np.zeros((FINE * height, FINE * width, 3), np.uint8)
    points = np.rint(np.clip((there[:, :2] + 0.5) * FINE - 0.5, -4000, 4000) * 16).astype(np.int32)
    centre, *rim = points[list(RIGHT_IRIS)]
    radius = round(float(np.linalg.norm(rim - centre, axis=1).mean()))
    cv2.circle(canvas, tuple(centre.tolist()), radius, _IRIS_COLOUR, cv2.FILLED, cv2.LINE_AA, 4)
    for line, colour in _LINES:
        cv2.polylines(canvas, [points[list(line)]], False, colour, FINE, cv2.LINE_AA, 4)
    return np.asarray(cv2.resize(canvas, CROP_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def draw_iris(there: Landmarks) -> Mask:
    """Return a cone (h, w) on the iris: its middle and its rim can be read from it to a part of a pixel."""
    centre, *rim = there[list(RIGHT_IRIS), :2]
    radius = max(float(np.linalg.norm(rim - centre, axis=1).mean()), 1.0)
    x, y = (np.arange(length, dtype=np.float32) - middle for length, middle in zip(CROP_SIZE, centre, strict=True))
    cone = np.sqrt(np.add.outer(y * y, x * x))
    cone *= np.float32(-1 / (2 * radius))
    cone += 1
    return np.asarray(np.maximum(cone, 0, out=cone), np.float32)


def eye_mask(there: Landmarks, scale: float) -> Mask:
    """Return 1 (h, w) on lids and eye, `scale` pixels an eye distance, falling to 0 around them."""
    ellipse = _CIRCLE * (np.array(MASK_RADII) * scale) + (np.array(CROP_SIZE) - 1) / 2
    reach = [MASK_MARGIN * scale, MASK_FADE * scale]
    return soft_mask([ellipse.astype(np.float32), there[list(RIGHT_EYE), :2]], CROP_SIZE, *reach)


def _eye(image: Image, landmarks: Landmarks, head: Head, mirrored: bool) -> Eye:
    """Return the eyeball of a picture whose right eye, mirrored or not, is at `landmarks`; of the picture a piece."""
    reach, (x, y) = SOURCE_REACH * head.pose.scale, landmarks[list(RIGHT_EYE_CORNERS), :2].mean(0)
    corner = np.maximum(np.floor([x - reach, y - reach]), 0).astype(int)
    corner = np.minimum(corner, len(image) - 2)
    if mirrored:
        image = image[:, ::-1]
    rows, columns = (slice(start, start + int(2 * reach) + 2) for start in corner[::-1])
    offset = np.array([*corner, 0], np.float64)
    pose = Pose(head.pose.rotation, head.pose.scale, head.pose.translation - offset)
    piece = np.ascontiguousarray(image[rows, columns])
    own = np.asarray(landmarks - offset, np.float32)
    return Eye(piece, own, remove_pose(own, pose), pose, left=False)


def _skull(face: Face, pose: Pose) -> list[NDArray[np.float32]]:
    """Return the skull's coordinates of each pixel, two planes in 0..1."""
    middle = face[list(RIGHT_EYE_CORNERS)].mean(0)
    to_skull = np.asarray(cv2.invertAffineTransform(plane_to_frame(pose, middle - (0.5, 0.5, 0.0), 1.0)), np.float64)
    to_map = to_skull / (2 * SKULL_SPAN)
    to_map[:, 2] += 0.5 - 0.5 / (2 * SKULL_SPAN)
    return list(linear_maps(to_map, CROP_SIZE))


def _seen(landmarks: Landmarks, side: int, mirrored: bool) -> Landmarks:
    """Return landmarks of a picture of `side` pixels, or those of its mirror image."""
    if not mirrored:
        return landmarks
    return np.asarray(landmarks[MIRROR] * (-1, 1, 1) + (side - 1, 0, 0), np.float32)


def _mirror(side: int) -> NDArray[np.float64]:
    """Return the matrix (3, 3) that mirrors a picture of `side` pixels."""
    return np.array([[-1.0, 0.0, side - 1], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
