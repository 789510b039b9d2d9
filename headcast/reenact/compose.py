"""A generated square in, the whole photo with it out, at the photo's own sharpness.

The network paints 256 pixels. Where it shows pixels of the photo, the fine detail that those 256 pixels lost is
carried along the same grid; what is not the person stays the photo, pixel for pixel.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.reenact.generated import Generated
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import PasteBack, crop_image
from headcast.types import CONDITIONING_MAPS, Image
from headcast.warping.mesh import Pixel, sample
from headcast.warping.warp import WarpedShot

MAX_PATCH_SIZE = 1024
DETAIL_FROM = 1.1  # a patch less than so much larger than the shot has no detail to add
STILL_MARGIN = 0.06  # of the side: how far around the person the picture may change
MATTE = CONDITIONING_MAPS.index("matte")


class Composer:
    """Puts generated squares of one sitter back into the photo."""

    def __init__(self, sitter: Sitter) -> None:
        self._size = sitter.shot.image.shape[0]
        self._patch_size = int(np.clip(round(sitter.box.width), self._size, MAX_PATCH_SIZE))
        self._paste = PasteBack(sitter.photo, sitter.box, self._patch_size)
        # What the reduced shot lost of the photo. Its own enlargement is what must be subtracted.
        full = crop_image(sitter.photo, sitter.box, self._patch_size)
        lost = full.astype(np.int16) - self._enlarge(sitter.shot.image).astype(np.int16)
        self._detail = lost if self._patch_size > DETAIL_FROM * self._size else None
        margin = max(3, round(STILL_MARGIN * self._size))
        self._kernel = np.ones((margin, margin), np.uint8)
        self._person_before = cv2.dilate(sitter.shot.matte, self._kernel)

    def __call__(self, generated: Generated, warped: WarpedShot) -> Image:
        """Return the whole photo with one generated square."""
        patch = self._enlarge(generated.image)
        if self._detail is not None:
            detailed = patch + self._carried_detail(self._detail, generated, warped)
            patch = np.clip(detailed + 0.5, 0, 255).astype(np.uint8)
        person = np.maximum(self._person_before, cv2.dilate(warped.conditioning.maps[:, :, MATTE], self._kernel))
        changing = self._enlarge(np.asarray(cv2.blur(person, self._kernel.shape), np.float32))
        return self._paste(patch, changing)

    def _carried_detail(
        self, detail: NDArray[np.int16], generated: Generated, warped: WarpedShot
    ) -> NDArray[np.float32]:
        scale = self._patch_size / self._size
        positions = self._enlarge(warped.grid.positions) * np.float32(scale) + np.float32((scale - 1) / 2)
        carried = sample(detail, positions)
        weight = self._enlarge(warped.carried * generated.warp_weight)
        return np.asarray(carried * weight[:, :, None], np.float32)

    def _enlarge(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        size = (self._patch_size, self._patch_size)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), picture.dtype)
