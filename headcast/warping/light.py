"""A shot and the anchor's pixels at the same landmarks in, the shot in the anchor's light out.

Pictures of one person differ in light and camera. Only slow changes across the skin are taken over, and not from lips
and lids, which differ by expression.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import fit_pose
from headcast.geometry.topology import LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from headcast.types import Mask, Shot

LIGHT_REACH = 0.3  # eye distances over which light is compared
CHANGING = 0.12  # eye distances around lips and lids that are not compared
MOST_LIGHT = 90.0  # levels by which a pixel may change


def in_light_of(shot: Shot, anchor: NDArray[np.float32], comparable: Mask) -> Shot:
    """Return the shot in the light of `anchor` (H, W, 3; 0..255) at its landmarks, where `comparable` (H, W; 0..1)."""
    scale = fit_pose(shot.landmarks).scale
    still = np.ones(shot.matte.shape, np.uint8)
    for ring in (OUTER_LIPS, RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(still, [np.round(shot.landmarks[list(ring), :2]).astype(np.int32)], (0,))
    weight = comparable * (cv2.distanceTransform(still, cv2.DIST_L2, 3) > CHANGING * scale)
    difference = (anchor - shot.image) * weight[:, :, None]
    reach = LIGHT_REACH * scale
    known = cv2.GaussianBlur(weight.astype(np.float32), (0, 0), reach)
    change = cv2.GaussianBlur(difference, (0, 0), reach) / (known + 1e-4)[:, :, None]
    relit = shot.image + np.clip(change, -MOST_LIGHT, MOST_LIGHT)
    return replace(shot, image=np.clip(relit + 0.5, 0, 255).astype(np.uint8))
