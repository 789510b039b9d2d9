"""One shot and driving landmarks in, the warped shot and all that the generator reads for that frame out.

Layers, far to near: the still background with the person taken out; the person, carried by the mesh and cut by
the matte; the insides of mouth and eyes. The result is the best that pixels of the photo can show; the generator
makes it real.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.face.bank import FaceBank
from headcast.face.contact import OPENINGS
from headcast.face.draw import draw_landmark_image
from headcast.face.interior import Patch
from headcast.face.light import in_light_of
from headcast.face.mesh import EAR_DEPTH, Mesh, SamplingGrid, Sides, sample
from headcast.face.pose import Pose, fit_pose, measure_controls, remove_pose
from headcast.types import CONDITIONING_MAPS, Conditioning, Image, Landmarks, Mask, Shot

SKULL_SPAN = 2.5  # eye distances from the head's middle that the skull coordinates reach
HAIR_WIDTH = 0.035  # of the side: how far loose hair reaches beyond the matte, twice
HIDDEN_FROM = 0.02  # share of the person in a pixel from which on the background behind it is not known
OPENING_GAIN = 1.25  # opening changes of 0.4 eye distances fill the map's range
VALIDITY = CONDITIONING_MAPS.index("validity")
CHEEKS = (50, 101, 118, 280, 330, 347)


@dataclass(frozen=True)
class WarpedShot:
    """A shot carried to new landmarks.

    `conditioning` is what the generator reads; `grid` says where the person's pixels came from and `carried`
    (H, W) in 0..1 how far a pixel is such a one, for showing them at the photo's full size.
    """

    conditioning: Conditioning
    grid: SamplingGrid
    carried: Mask


class Warper:
    """Carries one shot to any landmarks; on a `pinned` side of the frame nothing moves.

    Within the face, `others` of the same person and size show the expressions that the shot does not.
    """

    def __init__(self, shot: Shot, pinned: Sides = (False,) * 4, others: Sequence[Shot] = ()) -> None:
        self._shot = shot
        self._size = shot.image.shape[0]
        self._mesh = Mesh(shot.landmarks, self._size, pinned)
        outline = soft_outline(shot.matte)
        self._masks = np.dstack([outline, shot.matte])
        self._hidden = (outline > HIDDEN_FROM).astype(np.float32)
        self._background = fill_from_around(shot.image, 1 - self._hidden)
        skin = _sample_skin(shot.image, shot.landmarks)
        self._faces = FaceBank([shot], skin)
        if others:
            self._faces = FaceBank([shot, *(self._relit(other) for other in others)], skin)

    def _relit(self, other: Shot) -> Shot:
        warped = self(other.landmarks)
        face = warped.grid.triangles >= 0
        return in_light_of(other, warped.conditioning.warped, face * warped.conditioning.maps[:, :, VALIDITY])

    def __call__(self, landmarks: Landmarks, *, without: int | None = None) -> WarpedShot:
        """Carry the shot to `landmarks`, in pixels of the shot; `without` one of the others, counted from 1."""
        pose = fit_pose(landmarks)
        face = remove_pose(landmarks, pose)
        grid = self._mesh.grid(landmarks, pose)
        person = sample(self._shot.image, grid.positions, cv2.BORDER_REPLICATE)
        masks = sample(self._masks, grid.positions, cv2.BORDER_REPLICATE)
        cover, matte = masks[:, :, 0] * (1 - grid.doubled), masks[:, :, 1] * (1 - grid.doubled)
        colour = self._background + cover[:, :, None] * (person.astype(np.float32) - self._background)
        carried = cover * grid.trusted * _inside_frame(grid.positions, self._size)
        validity = carried + (1 - cover) * (1 - self._hidden)
        shown = self._faces(landmarks, face, pose, grid.triangles, without)
        for patch, kept in zip(shown.skin, shown.detail, strict=False):
            _lay(patch, colour, validity)
            _part(patch, carried)[:] *= 1 - (1 - kept) * patch.inside  # finer detail is the anchor's
        openings = []
        for patches in ((shown.mouth,), shown.eyes):
            opening = np.zeros_like(matte)
            for patch in patches:
                _lay(patch, colour, validity)
                _part(patch, carried)[:] *= 1 - patch.inside
                np.maximum(_part(patch, opening), patch.inside, out=_part(patch, opening))
            openings.append(opening)
        skull = skull_coordinates(pose, self._size)
        change = _opening_change(skull, measure_controls(face) - shown.controls)
        maps = np.dstack([validity, *openings, change, skull, matte]).astype(np.float32)
        warped = np.clip(colour + 0.5, 0, 255).astype(np.uint8)
        conditioning = Conditioning(draw_landmark_image(landmarks, self._size), warped, np.clip(maps, 0, 1))
        return WarpedShot(conditioning, grid, carried)


def soft_outline(matte: Mask) -> Mask:
    """Return how much (H, W) each pixel moves with the person: the matte with the hairs around it that it missed."""
    width = max(3, round(HAIR_WIDTH * matte.shape[0]) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    grown = cv2.dilate(np.clip(matte * 2, 0, 1), disc)
    return np.maximum(matte, cv2.GaussianBlur(grown, (width, width), 0)).astype(np.float32)


def skull_coordinates(pose: Pose, size: int) -> NDArray[np.float32]:
    """Return (size, size, 2) coordinates in 0..1 of each pixel in the skull's own frame; 0.5 is between the eyes."""
    inverse = np.linalg.inv(pose.scale * pose.rotation[:2, :2])
    rows, columns = np.indices((size, size), dtype=np.float32)
    offset = pose.translation[:2] + pose.scale * EAR_DEPTH / 2 * pose.rotation[:2, 2]
    x, y = columns - np.float32(offset[0]), rows - np.float32(offset[1])
    linear = (inverse * 0.5 / SKULL_SPAN).astype(np.float32)
    coordinates = np.stack([linear[0, 0] * x + linear[0, 1] * y, linear[1, 0] * x + linear[1, 1] * y], -1) + 0.5
    return np.asarray(np.clip(coordinates, 0, 1))


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


def _opening_change(skull: NDArray[np.float32], change: NDArray[np.float64]) -> Mask:
    """Return (H, W) 0.5 plus the change of opening, of controls (8,): of the lips below the nose, of each eye above."""
    lips, right, left = (float(OPENING_GAIN * change[number]) for number in OPENINGS)
    below_nose, right_side = skull[:, :, 1] > 0.5 + 0.5 * 0.6 / SKULL_SPAN, skull[:, :, 0] < 0.5
    return np.asarray(0.5 + np.where(below_nose, lips, np.where(right_side, 2 * right, 2 * left)), np.float32)


def _lay(patch: Patch, colour: NDArray[np.float32], validity: Mask) -> None:
    """Lay one patch over the frame, in place."""
    there, sure = _part(patch, colour), _part(patch, validity)
    there += patch.inside[:, :, None] * (patch.colour - there)
    sure += patch.inside * (patch.shown - sure)


def _part(patch: Patch, frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of a frame (H, W) or (H, W, 3) that a patch covers."""
    height, width = patch.inside.shape
    return frame[patch.top : patch.top + height, patch.left : patch.left + width]


def _inside_frame(positions: NDArray[np.float32], size: int) -> Mask:
    """Return 1 where positions (H, W, 2) lie within a frame of `size` pixels, else 0."""
    x, y = positions[:, :, 0], positions[:, :, 1]
    return ((x > -1) & (x < size) & (y > -1) & (y < size)).astype(np.float32)


def _sample_skin(image: Image, landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the median colour (3,) of the cheeks."""
    places = np.clip(np.round(landmarks[list(CHEEKS), :2]).astype(int), 1, image.shape[0] - 2)
    patches = [image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3) for x, y in places]
    return np.asarray(np.median(np.concatenate(patches), axis=0))
