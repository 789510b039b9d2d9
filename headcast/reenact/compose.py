"""A generated square in, the whole photo with it out, at the photo's own sharpness.

The network paints 256 pixels. What it changes of the warped shot is added to the person, who is carried once more at
the photo's size with the fine detail that those 256 pixels lost, and laid before the still background. A pixel that the
person does not cover is the photo's own.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.reenact.generated import Generated
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import Window, crop_image, paste_mask
from headcast.tracking.matte import person_matte
from headcast.types import CONDITIONING_MAPS, Image, Mask
from headcast.warping.carry import torn
from headcast.warping.fill import fill_hidden
from headcast.warping.layers import hidden_by, person_colours, refine_matte
from headcast.warping.sampling import Pixel, sample
from headcast.warping.warp import WarpedShot

MAX_PATCH_SIZE = 1024
DETAIL_FROM = 1.1  # a patch less than so much larger than the shot has no detail to add
FREE_AROUND = 12 / 256  # of the side: how far around mouth and lids the network may change what the warp shows well
VALIDITY, MOUTH, EYES, MATTE = (
    CONDITIONING_MAPS.index(name) for name in ("validity", "mouth_inside", "eyes_inside", "matte")
)


def compose_square(generated: Generated, warped: WarpedShot, background: NDArray[np.float32]) -> Image:
    """Return the generated square with its person before the still `background` (H, W, 3), both of its size."""
    person = warped.person + network_change(generated, warped)
    matte = warped.conditioning.maps[:, :, MATTE][:, :, None]
    return np.asarray(np.clip(background + matte * (person - background) + 0.5, 0, 255), np.uint8)


def network_change(generated: Generated, warped: WarpedShot) -> NDArray[np.float32]:
    """Return what the network adds (H, W, 3) to the warped shot.

    Where the warp can be trusted, away from mouth and lids, that is nothing: on people whom it has not seen it does
    harm there.
    """
    change = generated.image.astype(np.float32) - warped.conditioning.warped
    share = (1 - _kept(warped)) / np.maximum(1 - generated.warp_weight, 1e-3)
    return np.asarray(change * np.minimum(share, 1)[:, :, None], np.float32)


class Composer:
    """Puts generated squares of one sitter back into the photo.

    `background` (H, W, 3) and `unknown` (H, W; 0 or 1), of the shot's size, are what the person's shots show behind the
    person, and where none shows it. `hidden` (h, w) is the part of the box's window that the person may hide.
    """

    def __init__(self, sitter: Sitter, background: NDArray[np.float32], unknown: Mask) -> None:
        self._size = sitter.shot.image.shape[0]
        self._patch_size = int(np.clip(round(sitter.box.width), self._size, MAX_PATCH_SIZE))
        self._photo, self._window = sitter.photo, Window(sitter.photo, sitter.box)
        height, width = sitter.photo.shape[:2]
        self._free = paste_mask(sitter.box, (width, height), self._size)[:, :, None]
        full = crop_image(sitter.photo, sitter.box, self._patch_size)
        shot_matte = refine_matte(sitter.shot.image, sitter.shot.matte)
        detailed = self._patch_size > DETAIL_FROM * self._size
        matte = refine_matte(full, person_matte(full)) if detailed else self._enlarge(shot_matte)
        # What the reduced shot lost of the photo: its own enlargement is what must be subtracted.
        lost = _layer(full, matte) - self._enlarge(_layer(sitter.shot.image, shot_matte))
        self._detail = np.round(lost).astype(np.int16) if detailed else None
        self._behind = self._fill_behind(hidden_by(matte), background, unknown)

    def __call__(self, generated: Generated, warped: WarpedShot) -> Image:
        """Return the whole photo with one generated square."""
        person = warped.person + self._free * network_change(generated, warped)
        layer = self._enlarge(np.dstack([person, 255 * warped.conditioning.maps[:, :, MATTE]]))
        if self._detail is not None:
            layer += self._carried_detail(self._detail, generated, warped)
        layer = self._window.bring(np.clip(layer + 0.5, 0, 255).astype(np.uint8))
        share = layer[:, :, 3].astype(np.float32) / 255
        result: Image = self._photo.copy()
        colour = np.ascontiguousarray(layer[:, :, :3])
        result[self._window.place] = cv2.blendLinear(colour, self._behind, share, 1 - share)
        return result

    def _fill_behind(self, hidden: Mask, background: NDArray[np.float32], unknown: Mask) -> Image:
        """Return the visible part of the background (h, w, 3): the photo's own pixels where it is seen."""
        photo = self._photo[self._window.place]
        self.hidden = covered = self._window.bring(hidden) > 0
        revealed = self._window.bring(self._enlarge(background))
        seen = np.where(covered[:, :, None], np.clip(revealed + 0.5, 0, 255).astype(np.uint8), photo)
        missing = covered & (self._window.bring(self._enlarge(unknown)) > 0)
        return np.asarray(fill_hidden(seen, missing.astype(np.float32)), np.uint8)

    def _carried_detail(
        self, detail: NDArray[np.int16], generated: Generated, warped: WarpedShot
    ) -> NDArray[np.float32]:
        scale = self._patch_size / self._size
        places = warped.grid.positions
        positions = self._enlarge(places) * np.float32(scale) + np.float32((scale - 1) / 2)
        shown = np.maximum(generated.warp_weight, _kept(warped))
        weight = self._enlarge(warped.carried * shown * (1 - torn(places)))
        return np.asarray(sample(detail, positions) * weight[:, :, None], np.float32)

    def _enlarge(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        size = (self._patch_size, self._patch_size)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), picture.dtype)


def _layer(image: Image, matte: Mask) -> NDArray[np.float32]:
    """Return the person's colours and matte (H, W, 4) of a picture, all 0..255."""
    return np.dstack([person_colours(image, matte), 255 * matte])


def _kept(warped: WarpedShot) -> Mask:
    """Return how much (H, W) of the warped shot the network must leave: where it is trusted, off mouth and lids."""
    maps = warped.conditioning.maps
    openings = np.maximum(maps[:, :, MOUTH], maps[:, :, EYES])
    reach = round(FREE_AROUND * len(openings))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    around = cv2.blur(cv2.dilate(openings, disc), (reach, reach))
    return np.asarray(maps[:, :, VALIDITY] * (1 - around), np.float32)
