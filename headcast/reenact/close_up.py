"""A carried shot in, its mouth painted at the photo's own size out; and where that is laid into the picture.

The whole-head network sees 256 pixels; the close-up network sees the mouth alone, at about the photo's own size. What
it paints takes the place of what the whole-head network has changed there; grain that is finer than both stays.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.avatars.avatar import Avatar, bind
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network, usual_precision
from headcast.avatars.weights import Weights
from headcast.networks.arrays import conditioning_to_array
from headcast.reenact.generated import PaintedMouth, to_generated
from headcast.reenact.monochrome import find_tone_curve, in_tones
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import crop_image
from headcast.types import Image, Shot
from headcast.warping.mouth_crop import CROP_SIZE, Affine, MouthCropper, cut, lost_detail, scaled, shot_crop
from headcast.warping.warp import WarpedShot

SHARPENED, SHARPENED_OVER = 0.5, 2.0  # what is painted is a little soft: share of its detail added, and how fine (px)


def make_close_up(avatar: Avatar, sitter: Sitter, precision: str = "auto", at_once: int = 1) -> "CloseUp | None":
    """Return what paints an avatar's mouth for its sitter's photo; None where its model has no close-up."""
    if avatar.close_up is None:
        return None
    photo = crop_image(sitter.photo, sitter.box, sitter.patch_size)
    return CloseUp(avatar.close_up, (sitter.shot, *avatar.shots[1:]), photo, precision, at_once)


class CloseUp:
    """Paints the mouth of one person; of the first of `shots` the `photo` (side, side, 3) is known at its own size.

    `at_once` threads may paint side by side.
    """

    def __init__(
        self, weights: Weights, shots: Sequence[Shot], photo: Image, precision: str = "auto", at_once: int = 1
    ) -> None:
        anchor = shots[0]
        self._crop = MouthCropper(shots, photo, lost_detail(anchor.image, photo))
        self._tones = find_tone_curve(anchor.image)
        known = [(photo, scaled(anchor.landmarks, photo.shape[0] / anchor.image.shape[0]))]
        known += [(shot.image, shot.landmarks) for shot in shots[1:]]
        self._parameters = bind(weights, [shot_crop(image, landmarks) for image, landmarks in known])
        self._channels = weights.config.conditioning_channels
        graph = find_graph(weights.config, "generator")
        self._generate = Network(graph, weights.generator, usual_precision(precision), at_once)

    def __call__(self, warped: WarpedShot) -> PaintedMouth:
        """Return the mouth of the carried shot."""
        crop = self._crop(warped)
        image, _, weight = self._generate(conditioning_to_array(crop.conditioning, self._channels), self._parameters)
        painted = to_generated(image, weight).image
        if self._tones is not None:
            painted = in_tones(painted, self._tones)
        picture = painted.astype(np.float32)
        picture += SHARPENED * (picture - cv2.GaussianBlur(picture, (0, 0), SHARPENED_OVER))
        return PaintedMouth(picture, crop.mask, crop.to_crop)


def lay_mouth(mouth: PaintedMouth, colour: Image) -> None:
    """Lay a mouth into a picture (side, side, 3) of the carried person, in place."""
    left, top, right, bottom = _covered(mouth.to_crop, colour.shape)
    if right <= left or bottom <= top:
        return
    part, mask = colour[top:bottom, left:right], mouth.mask[:, :, None]
    to_crop = mouth.to_crop.copy()
    to_crop[:, 2] += to_crop[:, :2] @ (left, top)
    if np.linalg.norm(to_crop[0, :2]) < 1:  # what is finer in the photo than in the close-up stays
        change = _brought_back(mask * (mouth.picture - cut(part, to_crop)), to_crop, part.shape)
    else:
        both = _brought_back(np.concatenate([mask * mouth.picture, mask], 2), to_crop, part.shape)
        change = both[:, :, :3] - both[:, :, 3:] * part
    part[:] = np.clip(part + change + 0.5, 0, 255).astype(np.uint8)


def _covered(to_crop: Affine, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the whole pixels of a picture that a close-up covers."""
    width, height = CROP_SIZE
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)], np.float64)
    places = corners @ cv2.invertAffineTransform(to_crop).T
    low = np.maximum(np.floor(places.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(places.max(0)) + 1, shape[1::-1]).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _brought_back(change: NDArray[np.float32], to_crop: Affine, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a close-up's change (h, w, 3) in the picture that it was cut from, of this `shape`; 0 beyond it."""
    scale = float(np.linalg.norm(to_crop[0, :2]))
    if scale > 1.3:  # reduced: what lies between the pixels counts too
        change = np.asarray(cv2.GaussianBlur(change, (0, 0), 0.4 * scale), np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(change, to_crop, shape[1::-1], flags=flags), np.float32)
