"""A picture and the matte of its person in, the person's own colours out: no background shines through hair."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.behind import HIDDEN_FROM, SOLID
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Mask

FUSION_RADII = (90 / 1024, 7 / 1024)  # of the side, far then near


def person_colours(image: Image, matte: Mask) -> NDArray[np.float32]:
    """Return the colours (H, W, 3) of the person alone; beyond the matte those of the person's nearest parts.

    Blur fusion, twice (Forte, "Approximate fast foreground colour estimation", ICIP 2021).
    """
    picture = image.astype(np.float32)
    person, behind = picture, picture
    for share in FUSION_RADII:
        radius = max(3, round(share * max(matte.shape)) | 1)
        person, behind = _fuse(picture, person, behind, matte[:, :, None], radius)
    far = fill_from_around(np.asarray(person), (matte > SOLID).astype(np.float32))
    near = np.clip(matte / HIDDEN_FROM, 0, 1)[:, :, None]
    return np.asarray(np.clip(far + near * (person - far), 0, 255), np.float32)


def _fuse(
    picture: NDArray[np.float32],
    person: NDArray[np.float32],
    behind: NDArray[np.float32],
    alpha: NDArray[np.float32],
    radius: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size = (radius, radius)
    near = cv2.blur(alpha, size)[:, :, None]
    person = cv2.blur(person * alpha, size) / (near + 1e-5)
    behind = cv2.blur(behind * (1 - alpha), size) / (1 - near + 1e-5)
    person = person + alpha * (picture - alpha * person - (1 - alpha) * behind)
    return np.clip(person, 0, 255), np.clip(behind, 0, 255)
