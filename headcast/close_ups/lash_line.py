"""A painted eye whose lids were open in the photo and are shut now in, the same with the lashes' line as light as true
ones out.

Where lids meet, a dark line is drawn and the network paints lashes there. On 8 people of training clips whom the
networks have not seen the darkest of shut eyes was by 0.04 of the skin's brightness too dark, on 6 others by 0.05.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.lip_rim import brightness
from headcast.geometry.measures import smoothstep
from headcast.pixels.mixing import mixed
from headcast.types import Mask

LIGHTER: Final = 0.25  # of what lies around in a darker place: with that the darkest is right
AROUND: Final = 13  # pixels of the close-up, twice
SHUT: Final = (2.0, 3.5)  # pixels of the close-up that lids are open on average: 3 are 0.03 eye distances in the middle
CLOSED: Final = (0.04, 0.08)  # eye distances less open than in the shots: lashes are drawn from there on
LID: Final = 50  # columns of a close-up that lids reach over
PLAIN: Final = np.float32(8)  # levels by which a place is plainly darker than what lies around


def lighten_lashes(picture: NDArray[np.float32], inside: Mask, change: float) -> None:
    """Make dark lines of a painted eye (h, w, 3), 0..255, lighter, in place, as far as its lids have shut.

    `inside` (h, w) is what lies between the lids, `change` how much farther they are open than in the shots.
    """
    if -change <= CLOSED[0]:
        return
    closed, opened = np.float64(-change), float(cv2.sumElems(np.ascontiguousarray(inside))[0]) / LID
    share = float(smoothstep(closed, *CLOSED) * (1 - smoothstep(np.float64(opened), *SHUT)))
    if share > 0:
        around = np.asarray(cv2.blur(cv2.blur(picture, (AROUND, AROUND)), (AROUND, AROUND)), np.float32)
        darker = np.clip((brightness(around) - brightness(picture)) / PLAIN, 0, 1)
        picture[:] = mixed(picture, around, np.asarray(darker * np.float32(share * LIGHTER), np.float32))
