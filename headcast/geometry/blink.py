"""A tracked face in, the same with lids that blink together: people blink with both eyes.

In a blink the tracker often leaves one lid a slit: in 37 of 122 clips one lid is less than 0.02 and the other 0.03 to
0.09 eye distances open in some frame. Looked at, up to 0.06 both are shut in nearly all of them; above some wink or
look down.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.contact import OPENINGS, RINGS
from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Controls, Head, apply_pose, remove_pose
from headcast.types import Landmarks

SHUT: Final = (0.02, 0.035)  # eye distances: a lid is shut up to the first, and plainly not from the second on ...
NEARLY: Final = (0.055, 0.075)  # ... and the other one up to the first is shut with it, but not from the second on

DOWN: Final = (0.75, 0.95)  # shares of the usual opening: below the first both lids come down, above the second one
WINK: Final = (0.3, 0.65)  # differences of shares: up to the first is the tracker's, from the second on it is a wink


def in_step(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return both lids' shares (2,) of their usual opening, the same where both come down: a wink and a squint stay.

    A blink takes three to ten frames, in which the tracker often sees one lid a frame before the other.
    """
    narrower, wider = np.sort(shares)
    together = float((1 - smoothstep(wider, *DOWN)) * (1 - smoothstep(wider - narrower, *WINK)))
    return np.asarray(shares + together * (shares.mean() - shares), np.float64)


def blink_with_both(landmarks: Landmarks, head: Head, own: Controls) -> tuple[Landmarks, Head]:
    """Return landmarks (478, 3) of which `head` is known, and their head, with the second lid shut with the first.

    The difference that the person's `own` picture shows between the lids stays.
    """
    pair = list(OPENINGS[1:])
    lids = head.controls[pair]
    shut, other = np.sort(lids)
    share = float((1 - smoothstep(shut, *SHUT)) * (1 - smoothstep(other, *NEARLY)))
    wider = int(np.argmax(lids))
    usual = max(float(own[pair[wider]] - own[pair[1 - wider]]), 0.0)
    excess = share * max(other - max(shut, 0.0) - usual, 0.0)
    if excess <= 0:
        return landmarks, head
    face = remove_pose(landmarks, head.pose)
    upper, lower, upper_share = RINGS[1 + wider]
    over, under = list(upper[1:-1]), list(lower[1:-1])
    closing = (excess / other) * (face[under] - face[over])
    face[over] += upper_share * closing
    face[under] -= (1 - upper_share) * closing
    controls = head.controls.copy()
    controls[pair[wider]] -= excess
    return apply_pose(face, head.pose), Head(head.pose, controls)
