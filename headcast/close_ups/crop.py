"""A carried shot in, a piece of it at the photo's own size out: what the close-ups of all parts of the face share.

A close-up is aligned to the skull, so that an eye distance has the same length and direction in all of them. It shows
the carried person with the detail that the reduced shot has lost; what a part draws or carries anew is its own affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.nearest import NearestFaces, Weights
from headcast.geometry.pose import Head, Pose, fit_pose
from headcast.pixels.mixing import mixed
from headcast.pixels.sampling import crisper, sample
from headcast.types import Conditioning, Image, Landmarks, Mask, Shot
from headcast.warping.origins import Origin, of_anchor
from headcast.warping.patch import Patch, box_around
from headcast.warping.warp import WarpedShot

Affine = NDArray[np.float64]

CROP_SCALE: Final = 112.0  # pixels per eye distance
MOST_SCALE: Final = 1.5 * CROP_SCALE  # of a photo that close-ups are cut from: a finer one would flicker in them
OWN_FROM: Final = 0.5  # share of a shot's own pixels in a pixel, from which on it gets the photo's finer detail
AROUND: Final = 2  # pixels of a frame: as far as what is laid over it reaches beyond what it covers
INVERSE: Final = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
HALF: Final = np.array([0.5, 0.5, 0.0])  # from pixel centres to the picture's outer edge


@dataclass(frozen=True)
class CloseUpCrop:
    """A close-up: `conditioning` with the part's maps, `to_crop` (2, 3) from the picture's pixels to its own.

    `mask` (h, w) in 0..1 says what of it may be painted, `cleared` (h, w) in 0..1 where it was cleared of what the
    photo shows, if anywhere.
    """

    conditioning: Conditioning
    to_crop: Affine
    mask: Mask
    cleared: Mask | None = None


class Cropper(Protocol):
    """Cuts the close-ups of one part of one person's face."""

    def __call__(self, warped: WarpedShot) -> tuple[CloseUpCrop, ...]:
        """Return the close-ups of the carried shot."""


class CarriedPhotos:
    """The photos of `shots` that are carried: `photo` (side, side, 3) of the first, the others' where they are kept.

    In `shots` each is at its own size, or the largest that close-ups need.
    """

    def __init__(self, shots: Sequence[Shot], photo: Image) -> None:
        self.side, self._size = len(photo), len(shots[0].image)
        self._to_photo = self.side / self._size
        photos = [photo, *(shot.at_full_size for shot in shots[1:])]
        self.shots = [_at_close_up_size(shot, photo) for shot, photo in zip(shots, photos, strict=True)]
        self._lost = [
            None if len(large.image) <= self._size else lost_detail(shot.image, large.image)
            for shot, large in zip(shots, self.shots, strict=True)
        ]

    def place(self, warped: WarpedShot) -> Landmarks:
        """Return where the first shot was carried to, in pixels of its whole photo."""
        return scaled(warped.landmarks, self._to_photo)

    def head(self, warped: WarpedShot) -> Head:
        """Return what the face does there, in pixels of the whole photo."""
        middle = (self._to_photo - 1) / 2
        to_photo = np.array([[self._to_photo, 0.0, middle], [0.0, self._to_photo, middle]])
        return Head(moved_pose(warped.head.pose, to_photo), warped.head.controls)

    def cut(
        self, warped: WarpedShot, to_crop: Affine, size: tuple[int, int], patch: Patch | None = None
    ) -> NDArray[np.float32]:
        """Return a close-up (h, w, 3) of the carried person, 0..255, with the detail that the shots have lost.

        If there is a `patch` of the shot, it is laid over the person first.
        """
        ratio = 1 / self._to_photo
        to_frame = np.asarray(ratio * cv2.invertAffineTransform(to_crop), np.float64)
        to_frame[:, 2] += (ratio - 1) / 2
        colour = _person(warped.person, to_frame, size, patch)
        seen = _seen_by(to_frame, size, warped.person.shape)
        for origin in warped.origins:
            if self._lost[origin.number] is None and origin.skin:
                origin = of_anchor(origin, warped.grid.positions, warped.own)
            lost = self._lost[origin.number]
            if lost is None or not _shows(origin, seen):
                continue
            there = _from(to_frame, origin.place[1].start, origin.place[0].start)
            own = cv2.warpAffine(origin.own, there, size, flags=INVERSE) > OWN_FROM
            positions = cv2.warpAffine(origin.positions, there, size, flags=INVERSE, borderMode=cv2.BORDER_REPLICATE)
            large = np.float32(len(lost) / self._size)
            places = np.asarray((positions + np.float32(0.5)) * large - np.float32(0.5), np.float32)
            finer = np.float32(origin.weight) * sample(lost, places)
            cv2.add(colour, finer, colour, own.view(np.uint8))
        return colour


def _person(
    person: NDArray[np.float32], to_frame: Affine, size: tuple[int, int], patch: Patch | None
) -> NDArray[np.float32]:
    """Return a close-up (h, w, 3) of a frame's person, with a patch of the frame laid over it, about as sharp."""
    left, top, width, height = _seen_by(to_frame, size, person.shape)
    person = person[top : top + height, left : left + width]
    if patch is not None:
        person = person.copy()
        lay(replace(patch, left=patch.left - left, top=patch.top - top), person)
    there = _from(to_frame, left, top)
    read = cv2.warpAffine(crisper(person), there, size, flags=INVERSE, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read, np.float32)


def _from(to_frame: Affine, left: int, top: int) -> Affine:
    """Return the map to a part of a frame that begins there."""
    return np.asarray(to_frame - np.array([[0, 0, left], [0, 0, top]]), np.float64)


def _shows(origin: Origin, seen: tuple[int, int, int, int]) -> bool:
    """Tell whether any pixel that is `seen`, left, top, width, height in the frame, is of this origin."""
    (rows, columns), (left, top, width, height) = origin.place, seen
    down = slice(max(top - rows.start, 0), max(top + height - rows.start, 0))
    own = origin.own[down, max(left - columns.start, 0) : max(left + width - columns.start, 0)]
    return bool(own.size and own.max() > OWN_FROM)


def _at_close_up_size(shot: Shot, photo: Image) -> Shot:
    """Return a shot at the size of its `photo`, or the largest that close-ups need."""
    size = len(shot.image)
    most = max(size, round(size * MOST_SCALE / fit_pose(shot.landmarks).scale))
    if most < len(photo):
        photo = np.asarray(cv2.resize(photo, (most, most), interpolation=cv2.INTER_AREA), np.uint8)
    return replace(shot, image=photo, landmarks=scaled(shot.landmarks, len(photo) / size), full=None)


def weights_of(part: str, warped: WarpedShot, nearest: NearestFaces, head: Head) -> Weights:
    """Return the weights (N,) of a close-up's shots: those of the carried picture, or where it has fewer its own."""
    known = warped.turns[part]
    return known if len(known) == len(nearest) else nearest(head)


def upright(pose: Pose) -> NDArray[np.float64]:
    """Return the turn (2, 2) after which a skull's right is a picture's right."""
    right = pose.rotation[:2, 0] / np.linalg.norm(pose.rotation[:2, 0])
    return np.array([[right[0], right[1]], [-right[1], right[0]]])


def place(turn: NDArray[np.float64], scale: float, middle: NDArray[np.float64], size: tuple[int, int]) -> Affine:
    """Return the similarity (2, 3) from a picture's pixels to a close-up's with this `middle`, which was turned."""
    return np.column_stack([scale * turn, (np.array(size) - 1) / 2 - scale * middle])


def cut(image: Image, to_crop: Affine, size: tuple[int, int]) -> Image:
    """Return a picture's close-up."""
    scale = float(np.linalg.norm(to_crop[0, :2]))
    if scale < 0.75:  # reduced: what lies between the pixels counts too
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5 / scale), np.uint8)
    return np.asarray(cv2.warpAffine(image, to_crop, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def lay(patch: Patch, colour: NDArray[np.float32]) -> None:
    """Lay a patch over a frame (H, W, 3), in place."""
    there = _place(patch)
    colour[there] = mixed(colour[there], patch.colour, patch.inside)


def opening_maps(patch: Patch, size: tuple[int, int]) -> tuple[Mask, Mask]:
    """Return how far a close-up with a patch can be trusted (h, w), and where its opening is (h, w)."""
    validity, inside = np.ones(size[::-1], np.float32), np.zeros(size[::-1], np.float32)
    there = _place(patch)
    inside[there] = patch.inside
    validity[there] += patch.inside * (patch.shown - validity[there])
    return validity, inside


def _place(patch: Patch) -> tuple[slice, slice]:
    height, width = patch.inside.shape
    return slice(patch.top, patch.top + height), slice(patch.left, patch.left + width)


def soft_mask(areas: Sequence[NDArray[np.float32]], size: tuple[int, int], margin: float, fade: float) -> Mask:
    """Return 1 (h, w) in areas, each a ring (N, 2), and `margin` pixels beside, falling to 0 over `fade` more.

    It is 0 at the close-up's own edge.
    """
    inside = np.zeros(size[::-1], np.uint8)
    for ring in areas:  # the outline included: where lips or lids meet they are painted too
        cv2.fillPoly(inside, [np.round(ring * 16).astype(np.int32)], (1,), cv2.LINE_8, 4)
    beside, soft = (2 * round(reach) + 1 for reach in (margin, fade))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (beside + soft, beside + soft))
    mask = np.asarray(cv2.dilate(inside, disc), np.float32)
    edge = soft // 2 + 1
    mask[:edge] = mask[-edge:] = mask[:, :edge] = mask[:, -edge:] = 0
    return np.asarray(cv2.blur(mask, (soft, soft), borderType=cv2.BORDER_CONSTANT), np.float32)


def _seen_by(to_frame: Affine, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, width, height of what a close-up shows of a frame of this `shape`, and a little around it."""
    width, height = size
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)]) @ to_frame.T
    low, high = corners.min(0) - AROUND, corners.max(0) + AROUND
    return box_around(np.stack([low, high]), shape)


def linear_maps(to_map: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return maps (N, h, w) in 0..1 that are linear (N, 3) in x and y of each pixel, where that is not beyond."""
    x, y = (np.arange(length, dtype=np.float32) for length in size)
    across, along, offset = to_map.astype(np.float32).T[:, :, None]
    maps = np.asarray((along * y + offset)[:, :, None] + (across * x)[:, None], np.float32)
    return np.clip(maps, 0, 1, out=maps)


def lost_detail(shot: Image, photo: Image) -> NDArray[np.int16]:
    """Return what a photo (side, side, 3) has and its shot (H, W, 3), enlarged, has not."""
    return np.asarray(cv2.subtract(photo, cv2.resize(shot, photo.shape[1::-1]), dtype=cv2.CV_16S), np.int16)


def scaled(landmarks: Landmarks, factor: float) -> Landmarks:
    """Return landmarks in pixels of a picture `factor` times as large."""
    return np.asarray((landmarks + HALF) * factor - HALF, np.float32)


def moved_pose(pose: Pose, to_crop: Affine) -> Pose:
    """Return the pose of `moved` landmarks, by a similarity that does not mirror."""
    scale = float(np.linalg.norm(to_crop[0, :2]))
    turn = np.eye(3)
    turn[:2, :2] = to_crop[:, :2] / scale
    offset = np.append(to_crop[:, 2], 0.0)
    return Pose(turn @ pose.rotation, scale * pose.scale, scale * turn @ pose.translation + offset)


def moved(landmarks: Landmarks, to_crop: Affine) -> Landmarks:
    """Return landmarks of a picture in a close-up's pixels."""
    places = landmarks[:, :2] @ to_crop[:, :2].T + to_crop[:, 2]
    return np.column_stack([places, landmarks[:, 2] * np.linalg.norm(to_crop[0, :2])]).astype(np.float32)
