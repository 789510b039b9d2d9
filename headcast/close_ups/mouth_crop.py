"""A carried shot in, a close-up of its mouth at the photo's own size out: all that the mouth's generator reads.

The inside of the mouth is drawn or carried anew at this size; everything else is the carried person with the photo's
own detail.
"""

from collections.abc import Sequence
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
from headcast.close_ups.lip_line import even_lip_line
from headcast.close_ups.mouth_mean import ORIGIN, SCALE, draw_mouth_of, mean_patch, mean_to_frame
from headcast.geometry.nearest import MOUTH_CONTROLS, NearestFaces, behind_for_blur
from headcast.geometry.pose import Face, Pose, fit_pose, head_of, remove_pose
from headcast.geometry.topology import INNER_LIPS, MID_INNER_LIP_LOWER, MID_INNER_LIPS, OUTER_LIPS
from headcast.pixels.mixing import to_image
from headcast.types import Conditioning, Image, Landmarks, Shot
from headcast.warping.bank import MOUTH_REACH
from headcast.warping.draw import draw_landmark_image
from headcast.warping.interior import Mouth, mouth_patch
from headcast.warping.patch import Patch
from headcast.warping.warp import WarpedShot, sample_skin

CROP_SIZE: Final = (192, 128)  # width, height
EMBEDDED_SIZE: Final = (96, 64)
MOST_FILLED: Final = 0.86  # of the close-up, by the lips: wider mouths are shown smaller
SKULL_SPAN: Final = 1.0  # eye distances from the closed lips that the skull's and the jaw's coordinates reach
MASK_MARGIN, MASK_FADE = 0.015, 0.04  # eye distances beside the inner lips that are painted, and over which that ends

MAPS: Final = (
    "validity",  # 0 where the inside of the mouth is drawn, 1 where a photo shows it
    "mouth_inside",  # inside of the inner lips
    "resolution",  # pixels of the photo for one of the close-up's, at most 1
    "opening",  # of the lips, in eye distances
    "skull_x",  # coordinates fixed to the upper teeth, 0..1; 0.5 is where the closed lips meet
    "skull_y",
    "jaw_y",  # the same, fixed to the lower teeth
)


class MouthCropper:
    """Cuts close-ups of one person's mouth; of the first of `shots` the `photo` is known beside it."""

    def __init__(self, shots: Sequence[Shot], photo: Image) -> None:
        anchor = shots[0]
        self._photo = CarriedPhotos(shots, photo)
        self._skin = sample_skin(anchor.image, anchor.landmarks)
        self._small = [_mouth(shot, self._skin) for shot in shots]
        known = self._photo.shots
        self._mouths = [_mouth(shot, self._skin) for shot in known]
        self._nearest = NearestFaces(
            [head_of(shot.landmarks) for shot in known],
            MOUTH_CONTROLS,
            MOUTH_REACH,
            behind_for_blur([shot.detail for shot in shots]),
        )

    def __call__(self, warped: WarpedShot) -> tuple[CloseUpCrop]:
        """Return the close-up of the carried shot."""
        own, head = self._photo.place(warped), self._photo.head(warped)
        weights = weights_of("mouth", warped, self._nearest, head).tolist()
        to_crop = place_crop(own, head.pose)
        there = moved(own, to_crop)
        pose = moved_pose(head.pose, to_crop)
        face = remove_pose(there, pose)
        drawn = draw_mouth_of(face, self._skin)
        small = warped.landmarks, face, warped.head.pose
        beneath = self._inside(self._small, weights, drawn, *small, warped.person.shape)
        colour = self._photo.cut(warped, to_crop, CROP_SIZE, beneath)
        patch = self._inside(self._mouths, weights, drawn, there, face, pose, colour.shape)
        lay(patch, colour)
        validity, inside = opening_maps(patch, CROP_SIZE)
        even_lip_line(colour, inside)
        planes = self._planes(face, pose, 1 / float(np.linalg.norm(to_crop[0, :2])))
        maps = np.stack([validity, inside, *planes]).transpose(1, 2, 0)
        mask = soft_mask([there[list(INNER_LIPS), :2]], CROP_SIZE, MASK_MARGIN * pose.scale, MASK_FADE * pose.scale)
        return (CloseUpCrop(Conditioning(draw_lips(there), to_image(colour), maps), to_crop, mask),)

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
        if len(mouths) == 1:
            return mouth_patch(mouths, weights, mean, pose)
        upper, lower = face[list(MID_INNER_LIPS), 1]
        return mouth_patch(mouths, weights, mean, pose, [mouth.alike(float(lower - upper)) for mouth in mouths])

    def _planes(self, face: Face, pose: Pose, resolution: float) -> list[NDArray[np.float32]]:
        """Return the maps from "resolution" on."""
        contact = self._mouths[0].contact
        to_skull = cv2.invertAffineTransform(mean_to_frame(contact, pose)) / SCALE
        to_skull[:, 2] += ORIGIN
        to_map = np.stack([*to_skull, to_skull[1] - (0, 0, _jaw_drop(face, contact))]) / (2 * SKULL_SPAN)
        to_map[:, 2] += 0.5
        upper, lower = face[list(MID_INNER_LIPS), 1]
        flat = (min(resolution, 1.0), min(max(float(lower - upper), 0.0), 1.0))
        constant = [np.full(CROP_SIZE[::-1], value, np.float32) for value in flat]
        return [*constant, *linear_maps(to_map, CROP_SIZE)]


def _mouth(shot: Shot, skin: NDArray[np.float64]) -> Mouth:
    pose = fit_pose(shot.landmarks)
    return Mouth(shot.image, shot.landmarks, remove_pose(shot.landmarks, pose), pose, skin)


def shot_crops(image: Image, landmarks: Landmarks) -> tuple[tuple[Image, Image]]:
    """Return a shot's own mouth and its landmark image, of EMBEDDED_SIZE: what the mouth's embedder reads."""
    to_crop = place_crop(landmarks, head_of(landmarks).pose)
    mouth, lines = cut(image, to_crop, CROP_SIZE), draw_lips(moved(landmarks, to_crop))
    small = [cv2.resize(picture, EMBEDDED_SIZE, interpolation=cv2.INTER_AREA) for picture in (mouth, lines)]
    return ((np.asarray(small[0], np.uint8), np.asarray(small[1], np.uint8)),)


def place_crop(landmarks: Landmarks, pose: Pose) -> Affine:
    """Return the similarity (2, 3) from a picture's pixels to the close-up's."""
    turn = upright(pose)
    lips = landmarks[list(OUTER_LIPS), :2].astype(np.float64) @ turn.T
    low, high = lips.min(0), lips.max(0)
    scale = min(CROP_SCALE / pose.scale, float((MOST_FILLED * np.array(CROP_SIZE) / (high - low + 1e-6)).min()))
    return place(turn, scale, (low + high) / 2, CROP_SIZE)


def draw_lips(there: Landmarks) -> Image:
    """Return the landmark image of a close-up."""
    width, height = CROP_SIZE
    margin = (width - height) // 2
    return np.ascontiguousarray(
        draw_landmark_image(there + np.array([0, margin, 0], np.float32), width)[margin:-margin]
    )


def _jaw_drop(face: Face, contact: NDArray[np.float64]) -> float:
    """Return how far the lower lip has gone down from where it meets the upper one, in eye distances."""
    return max(0.0, float(face[list(MID_INNER_LIP_LOWER), 1].mean() - contact[1]))
