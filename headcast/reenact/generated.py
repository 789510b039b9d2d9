"""What a generator answers, as arrays in; a picture and a mask of its own out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.errors import CheckpointError
from headcast.pixels.mixing import mixed, to_image
from headcast.types import VALIDITY_MAP, Conditioning, Image, Mask


@dataclass(frozen=True)
class Painted:
    """A close-up `picture` (h, w, 3), 0..255, of which `mask` (h, w) in 0..1 is to be shown.

    `to_crop` (2, 3) goes from pixels of the photo's square, of `side` pixels, to its own. Laid on `as_change`, what is
    finer in the picture beneath stays, even where that picture is the coarser one; of what was `cleared`, (h, w) in
    0..1, only grain.
    """

    picture: NDArray[np.float32]
    mask: Mask
    to_crop: NDArray[np.float64]
    side: int
    as_change: bool = False
    cleared: Mask | None = None


@dataclass(frozen=True)
class Generated:
    """One generated frame (H, W, 3) and how much of each pixel (H, W) in 0..1 is the warped shot's.

    `close_ups` are painted apart, at the photo's own size, where the model has some.
    """

    image: Image
    warp_weight: Mask
    close_ups: tuple[Painted, ...] = ()


def composed(drawn: NDArray[np.float32], conditioning: Conditioning) -> Generated:
    """Put a frame together from what a generator's graph draws for its conditioning.

    That is the frame (3, H, W) in [-1, 1], or what changes the warped shot and its weight (4, h, w), maybe reduced.
    CheckpointError where it is no numbers, which would be drawn as some colour.
    """
    if len(drawn) == 3:
        return to_generated(drawn[None], np.zeros((1, 1, *drawn.shape[1:]), np.float32))
    synthesis, warp_weight = repaired(drawn, conditioning)
    shown = mixed(synthesis, conditioning.warped.astype(np.float32), warp_weight)
    return Generated(to_image(shown), warp_weight)


def repaired(drawn: NDArray[np.float32], conditioning: Conditioning) -> tuple[NDArray[np.float32], Mask]:
    """Return the synthesis (H, W, 3), 0..255, and the weight (H, W) of the warped shot, from what a graph draws.

    The same as the lite generator does in torch: OpenVINO takes ten times as long to enlarge so few channels.
    """
    _check_finite(drawn)
    *change, logit = (cv2.resize(plane, conditioning.warped.shape[1::-1]) for plane in drawn)
    synthesis = np.tanh(cv2.merge(change))
    synthesis *= np.float32(255)
    synthesis += conditioning.warped
    weight = conditioning.maps[:, :, VALIDITY_MAP] / (1 + cv2.exp(-logit))
    return np.clip(synthesis, 0, 255, out=synthesis), np.asarray(weight, np.float32)


def to_generated(image: NDArray[np.float32], warp_weight: NDArray[np.float32]) -> Generated:
    """What a generator answers, (1, 3, H, W) in [-1, 1] and (1, 1, H, W), as a picture and a mask of its own.

    CheckpointError where it answers no numbers, which would be drawn as some colour.
    """
    _check_finite(image, warp_weight)
    planes = np.clip(image[0] * np.float32(127.5) + np.float32(128), 0, 255).astype(np.uint8)
    return Generated(np.asarray(cv2.merge(list(planes)), np.uint8), warp_weight[0, 0].copy())


def _check_finite(*values: NDArray[np.float32]) -> None:
    if not all(np.isfinite(each).all() for each in values):
        raise CheckpointError("the network's picture is not finite: its weights are damaged; give others")
