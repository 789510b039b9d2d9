"""A picture of which a rim is missing in, the whole picture out."""

import cv2
import numpy as np

from headcast.inpainting.network import guess, release
from headcast.types import Image, Mask


def go_on(image: Image, missing: Mask, side: int) -> Image:
    """Paint what is `missing` (H, W; 0 or 1) of a square image (H, W, 3).

    One guess: beside hair and shoulders more of these is hardly wrong. The network sees squares of `side`.
    """
    large, gone = (cv2.resize(each, (side, side)) for each in (image.astype(np.float32), missing))
    painted = cv2.resize(guess(np.asarray(large, np.float32), np.asarray(gone == 0)), missing.shape[::-1])
    release(side)
    return np.where(missing[:, :, None] > 0, np.clip(painted + 0.5, 0, 255).astype(np.uint8), image)
