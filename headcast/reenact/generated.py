"""What a generator answers, as arrays in; a picture and a mask of its own out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.errors import CheckpointError
from headcast.types import Image, Mask


@dataclass(frozen=True)
class Painted:
    """A close-up `picture` (h, w, 3), 0..255, of which `mask` (h, w) in 0..1 is to be shown.

    `to_crop` (2, 3) goes from pixels of the photo's square, of `side` pixels, to its own. Laid on `as_change`, what is
    finer in the picture beneath stays, even where that picture is the coarser one.
    """

    picture: NDArray[np.float32]
    mask: Mask
    to_crop: NDArray[np.float64]
    side: int
    as_change: bool = False


@dataclass(frozen=True)
class Generated:
    """One generated frame (H, W, 3) and how much of each pixel (H, W) in 0..1 is the warped shot's.

    `close_ups` are painted apart, at the photo's own size, where the model has some.
    """

    image: Image
    warp_weight: Mask
    close_ups: tuple[Painted, ...] = ()


def to_generated(image: NDArray[np.float32], warp_weight: NDArray[np.float32]) -> Generated:
    """What a generator answers, (1, 3, H, W) in [-1, 1] and (1, 1, H, W), as a picture and a mask of its own.

    CheckpointError where it answers no numbers, which would be drawn as some colour.
    """
    if not (np.isfinite(image).all() and np.isfinite(warp_weight).all()):
        raise CheckpointError("the network's picture is not finite: its weights are damaged; give others")
    planes = np.clip(image[0] * np.float32(127.5) + np.float32(128), 0, 255).astype(np.uint8)
    return Generated(np.asarray(cv2.merge(list(planes)), np.uint8), warp_weight[0, 0].copy())
