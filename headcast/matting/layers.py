"""A picture and the matte of its person in, two layers out: the person without the background, the background without.

Loose hair is alpha with the hair's own colours, so that no old background clings to it; what the person hides is
filled once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.attached import find_attached
from headcast.matting.earrings import find_earrings
from headcast.matting.fine_matte import fine_matte
from headcast.matting.person_colours import person_colours
from headcast.matting.traces import hidden_by
from headcast.types import Image, Landmarks, Mask, Shot

Fill = Callable[[Image, Mask], NDArray[np.uint8] | NDArray[np.float32]]
"""Fills what is hidden (H, W; 0 or 1) of a picture (H, W, 3)."""


@dataclass(frozen=True)
class Layers:
    """`person` (H, W, 3) float32 0..255 has a colour everywhere; `matte` (H, W) in 0..1 says where it is seen.

    `background` (H, W, 3) float32 is the picture where it is seen and filled where `hidden` (H, W; 0 or 1) is 1.
    """

    person: NDArray[np.float32]
    matte: Mask
    background: NDArray[np.float32]
    hidden: Mask


def split_layers(image: Image, matte: Mask, fill: Fill, landmarks: Landmarks | None = None) -> Layers:
    """Split a picture (H, W, 3) by the person's rough `matte` (H, W); `fill` paints what the person hides.

    What is attached below the mouth, and what hangs from the ears, is found where `landmarks` of the face are known.
    """
    matte = fine_matte(image, matte)
    if landmarks is not None:
        matte = np.maximum(matte, find_attached(image, matte, landmarks))
        matte = np.maximum(matte, find_earrings(image, matte, landmarks))
    hidden = hidden_by(image, matte)
    background = np.asarray(fill(image, hidden), np.float32)
    return Layers(person_colours(image, matte), matte, background, hidden)


def mattes_of(shot: Shot, full: Image, rough: Mask) -> tuple[Mask, Mask]:
    """Return the fine mattes of a shot and of its square at `full` size (side, side, 3) with its `rough` matte."""
    own = fine_matte(shot.image, shot.matte)
    further = find_attached(shot.image, own, shot.landmarks)
    own = np.maximum(own, further)
    further = np.maximum(further, find_earrings(shot.image, own, shot.landmarks))
    enlarged = np.asarray(cv2.resize(further, full.shape[1::-1]), np.float32)
    return np.maximum(own, further), np.maximum(fine_matte(full, rough), enlarged)
