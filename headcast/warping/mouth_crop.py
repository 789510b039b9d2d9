"""A carried shot in, a close-up of its mouth at the photo's own size out: all that the close-up generator reads.

The close-up is aligned to the skull, so that an eye distance has the same length and direction in all of them. The
inside of the mouth is drawn or carried anew at this size; everything else is the carried person with the photo's own
detail.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.nearest import MOUTH_CONTROLS, NearestFaces
from headcast.geometry.pose import Face, Pose, fit_pose, head_of, remove_pose
from headcast.geometry.topology import INNER_LIPS, MID_INNER_LIP_LOWER, MID_INNER_LIPS, OUTER_LIPS
from headcast.types import Conditioning, Image, Landmarks, Mask, Shot
from headcast.warping.bank import MOUTH_REACH
from headcast.warping.draw import draw_landmark_image
from headcast.warping.interior import Mouth, mouth_patch
from headcast.warping.mouth_mean import ORIGIN, SCALE, draw_mouth_of, mean_patch, mean_to_frame
from headcast.warping.patch import Patch
from headcast.warping.sampling import sample
from headcast.warping.warp import WarpedShot, sample_skin

Affine = NDArray[np.float64]

CROP_SIZE: Final = (192, 128)  # width, height
EMBEDDED_SIZE: Final = (96, 64)
CROP_SCALE: Final = 112.0  # pixels per eye distance
MOST_FILLED: Final = 0.86  # of the close-up, by the lips: wider mouths are shown smaller
SKULL_SPAN: Final = 1.0  # eye distances from the closed lips that the skull's and the jaw's coordinates reach
OWN_FROM: Final = 0.5  # share of a shot's own pixels in a pixel, from which on it gets the photo's finer detail
HALF: Final = np.array([0.5, 0.5, 0.0])  # from pixel centres to the picture's outer edge
MASK_MARGIN, MASK_FADE = 0.015, 0.04  # eye distances beside the inner lips that are painted, and over which that ends

CLOSE_UP_MAPS: Final = (
    "validity",  # 0 where the inside of the mouth is drawn, 1 where a photo shows it
    "mouth_inside",  # inside of the inner lips
    "resolution",  # pixels of the photo for one of the close-up's, at most 1
    "opening",  # of the lips, in eye distances
    "skull_x",  # coordinates fixed to the upper teeth, 0..1; 0.5 is where the closed lips meet
    "skull_y",
    "jaw_y",  # the same, fixed to the lower teeth
)


@dataclass(frozen=True)
class MouthCrop:
    """A close-up: `conditioning` with CLOSE_UP_MAPS, `to_crop` (2, 3) from the picture's pixels to its own.

    `mask` (h, w) in 0..1 says what of it may be painted.
    """

    conditioning: Conditioning
    to_crop: Affine
    mask: Mask


class MouthCropper:
    """Cuts close-ups of one person; of the first of `shots` the photo is known at its own size."""

    def __init__(self, shots: Sequence[Shot], photo: Image, lost: NDArray[np.int16]) -> None:
        anchor = shots[0]
        self._size, self._side = anchor.image.shape[0], photo.shape[0]
        self._lost = lost
        self._skin = sample_skin(anchor.image, anchor.landmarks)
        self._small = [_mouth(shot, self._skin) for shot in shots]
        known = [Shot(photo, scaled(anchor.landmarks, self._side / self._size), anchor.matte), *shots[1:]]
        self._mouths = [_mouth(shot, self._skin) for shot in known]
        self._nearest = NearestFaces([head_of(shot.landmarks) for shot in known], MOUTH_CONTROLS, MOUTH_REACH)

    def __call__(self, warped: WarpedShot) -> MouthCrop:
        """Return the close-up of the carried shot."""
        own = scaled(warped.landmarks, self._side / self._size)
        head = head_of(own)
        weights = self._nearest(head).tolist()
        to_crop, scale = place_crop(own, head.pose)
        moved = _transformed(own, to_crop, scale)
        pose = fit_pose(moved)
        face = remove_pose(moved, pose)
        person = warped.person.copy()
        drawn = draw_mouth_of(face, self._skin)
        there = warped.landmarks, face, fit_pose(warped.landmarks)
        _lay(self._inside(self._small, weights, drawn, *there, person.shape), person)
        colour = self._carried(replace(warped, person=person), to_crop)
        patch = self._inside(self._mouths, weights, drawn, moved, face, pose, colour.shape)
        place = _lay(patch, colour)
        inside, validity = np.zeros(colour.shape[:2], np.float32), np.ones(colour.shape[:2], np.float32)
        inside[place] = patch.inside
        validity[place] += patch.inside * (patch.shown - validity[place])
        maps = np.dstack([validity, inside, *self._planes(face, pose, 1 / scale)]).astype(np.float32)
        carried = np.clip(colour + 0.5, 0, 255).astype(np.uint8)
        return MouthCrop(Conditioning(draw_lips(moved), carried, maps), to_crop, lips_mask(moved, pose.scale))

    def _inside(
        self,
        mouths: Sequence[Mouth],
        weights: Sequence[float],
        drawn: NDArray[np.float32],
        landmarks: Landmarks,
        face: Face,
        pose: Pose,
        frame: tuple[int, ...],
    ) -> Patch:
        """Return the inside of the mouth of a face in a frame: as shots show it, else as it was `drawn`."""
        mean = mean_patch(drawn, landmarks, face, pose, mouths[0].contact, frame[:2])
        return mouth_patch(mouths, weights, mean, pose)

    def _planes(self, face: Face, pose: Pose, resolution: float) -> list[NDArray[np.float32]]:
        """Return the maps from "resolution" on."""
        width, height = CROP_SIZE
        contact = self._mouths[0].contact
        to_skull = cv2.invertAffineTransform(mean_to_frame(contact, pose)) / SCALE
        to_skull[:, 2] += ORIGIN
        rows, columns = np.indices((height, width), dtype=np.float32)
        places = [line[0] * columns + line[1] * rows + line[2] for line in to_skull.astype(np.float32)]
        upper, lower = face[list(MID_INNER_LIPS), 1]
        fixed = (*places, places[1] - np.float32(_jaw_drop(face, contact)))
        flat = (min(resolution, 1.0), float(np.clip(lower - upper, 0, 1)))
        constant = [np.full((height, width), value, np.float32) for value in flat]
        return [*constant, *(np.clip(0.5 + 0.5 * place / SKULL_SPAN, 0, 1) for place in fixed)]

    def _carried(self, warped: WarpedShot, to_crop: Affine) -> NDArray[np.float32]:
        """Return the carried person (h, w, 3), 0..255, with the detail that the reduced shot has lost."""
        ratio = self._size / self._side
        to_photo = cv2.invertAffineTransform(to_crop)
        to_shot = ratio * to_photo
        to_shot[:, 2] += (ratio - 1) / 2
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        colour = cv2.warpAffine(warped.person, to_shot, CROP_SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        positions = cv2.warpAffine(
            warped.grid.positions, to_shot, CROP_SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        own = cv2.warpAffine(warped.carried * (1 - warped.grid.torn), to_shot, CROP_SIZE, flags=flags)
        positions = (positions + np.float32(0.5)) / np.float32(ratio) - np.float32(0.5)
        finer = sample(self._lost, positions).astype(np.float32)
        return np.asarray(colour + (own > OWN_FROM)[:, :, None] * finer, np.float32)


def _mouth(shot: Shot, skin: NDArray[np.float64]) -> Mouth:
    pose = fit_pose(shot.landmarks)
    return Mouth(shot.image, shot.landmarks, remove_pose(shot.landmarks, pose), pose, skin)


def _lay(patch: Patch, colour: NDArray[np.float32]) -> tuple[slice, slice]:
    """Lay a patch over a frame (H, W, 3), in place; return where."""
    height, width = patch.inside.shape
    there = slice(patch.top, patch.top + height), slice(patch.left, patch.left + width)
    colour[there] += patch.inside[:, :, None] * (patch.colour - colour[there])
    return there


def shot_crop(image: Image, landmarks: Landmarks) -> tuple[Image, Image]:
    """Return a shot's own mouth and its landmark image, of EMBEDDED_SIZE: what the close-up's embedder reads."""
    to_crop, scale = place_crop(landmarks, head_of(landmarks).pose)
    mouth, lines = cut(image, to_crop), draw_lips(_transformed(landmarks, to_crop, scale))
    small = [cv2.resize(picture, EMBEDDED_SIZE, interpolation=cv2.INTER_AREA) for picture in (mouth, lines)]
    return np.asarray(small[0], np.uint8), np.asarray(small[1], np.uint8)


def place_crop(landmarks: Landmarks, pose: Pose) -> tuple[Affine, float]:
    """Return the similarity (2, 3) from a picture's pixels to the close-up's, and its scale."""
    lips = landmarks[list(OUTER_LIPS), :2].astype(np.float64)
    right = pose.rotation[:2, 0] / np.linalg.norm(pose.rotation[:2, 0])
    turn = np.array([[right[0], right[1]], [-right[1], right[0]]])
    upright = lips @ turn.T
    low, high = upright.min(0), upright.max(0)
    scale = min(CROP_SCALE / pose.scale, float((MOST_FILLED * np.array(CROP_SIZE) / (high - low + 1e-6)).min()))
    middle = (np.array(CROP_SIZE) - 1) / 2
    return np.column_stack([scale * turn, middle - scale * (low + high) / 2]), scale


def cut(image: Image, to_crop: Affine) -> Image:
    """Return a picture's close-up."""
    if np.linalg.norm(to_crop[0, :2]) < 0.75:  # reduced: what lies between the pixels counts too
        sigma = 0.5 / float(np.linalg.norm(to_crop[0, :2]))
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    return np.asarray(cv2.warpAffine(image, to_crop, CROP_SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def draw_lips(moved: Landmarks) -> Image:
    """Return the landmark image of a close-up."""
    width, height = CROP_SIZE
    margin = (width - height) // 2
    return np.ascontiguousarray(
        draw_landmark_image(moved + np.array([0, margin, 0], np.float32), width)[margin:-margin]
    )


def lips_mask(moved: Landmarks, scale: float) -> Mask:
    """Return 1 (h, w) between the lips and a little beside, `scale` pixels an eye distance, falling to 0 on them."""
    width, height = CROP_SIZE
    between = np.zeros((height, width), np.uint8)
    ring = np.round(moved[list(INNER_LIPS), :2] * 16).astype(np.int32)
    cv2.fillPoly(between, [ring], (1,), cv2.LINE_8, 4)  # the outline included: where lips meet they are painted too
    margin, fade = (2 * round(reach * scale) + 1 for reach in (MASK_MARGIN, MASK_FADE))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin + fade, margin + fade))
    mask = np.asarray(cv2.dilate(between, disc), np.float32)
    mask[[0, -1]] = mask[:, [0, -1]] = 0
    return np.asarray(cv2.blur(mask, (fade, fade), borderType=cv2.BORDER_CONSTANT), np.float32)


def lost_detail(shot: Image, photo: Image) -> NDArray[np.int16]:
    """Return what a photo (side, side, 3) has and its shot (H, W, 3), enlarged, has not."""
    return np.asarray(cv2.subtract(photo, cv2.resize(shot, photo.shape[1::-1]), dtype=cv2.CV_16S), np.int16)


def scaled(landmarks: Landmarks, factor: float) -> Landmarks:
    """Return landmarks in pixels of a picture `factor` times as large."""
    return np.asarray((landmarks + HALF) * factor - HALF, np.float32)


def _transformed(landmarks: Landmarks, to_crop: Affine, scale: float) -> Landmarks:
    places = landmarks[:, :2] @ to_crop[:, :2].T + to_crop[:, 2]
    return np.column_stack([places, landmarks[:, 2] * scale]).astype(np.float32)


def _jaw_drop(face: Face, contact: NDArray[np.float64]) -> float:
    """Return how far the lower lip has gone down from where it meets the upper one, in eye distances."""
    return max(0.0, float(face[list(MID_INNER_LIP_LOWER), 1].mean() - contact[1]))
