"""A painted mouth and the close-up that its network read in, the same with the teeth that photos show out.

The network repeats fine detail coarsely: it breaks teeth that a photo shows into beads. What is finer than its own
changes of light and colour stays the photo's.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.lip_line import plainly_open
from headcast.pixels.mixing import mixed
from headcast.types import Image, Mask

OPEN: Final = 0.5  # share of the opening in a pixel, from which on it lies between the lips
INSET, FADES = 3, 3  # pixels from the edge of what is shown, and over which it begins
COARSE: Final = 9  # pixels, twice: changes that even out over so many are the network's
SHARE: Final = 0.7  # of the photo's fine detail


def keep_shown_teeth(painted: NDArray[np.float32], read: Image, shown: Mask, inside: Mask) -> None:
    """Give a painted mouth (h, w, 3), 0..255, fine detail of what was `read`, in place, where that was `shown` (h, w).

    `inside` (h, w) is what lies between the lips. Lips are left alone: their lines are of another moment.
    """
    teeth = np.asarray(shown * (inside > OPEN), np.float32)
    if not teeth.any():
        return
    kept = np.float32(SHARE * plainly_open(inside > OPEN))
    share = cv2.blur(cv2.erode(teeth, np.ones((INSET, INSET), np.uint8)), (FADES, FADES)) * kept
    photo = read.astype(np.float32)
    change = cv2.subtract(painted, photo)
    for _ in range(2):
        change = cv2.blur(change, (COARSE, COARSE))
    painted[:] = mixed(painted, np.asarray(cv2.add(photo, change), np.float32), np.asarray(share, np.float32))
