"""A shot's pose and another one in, how far ears and hair at the sides of a head go farther than the mesh's plane out.

Ears lie deeper than the plane in which the mesh carries them. On the side that turns away nothing tears, and ears of
the true depth hide behind the cheek in time. On the side that turns towards the camera cheek and ear are drawn apart,
and below an ear that moves out by all of its depth no neck comes into view, before which it would stand in life: so
there it is less.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Pose

FAR: Final = 0.5  # eye distances behind that plane on the side that turns away: what was measured best ...
NEAR: Final = 0.3  # ... and on the other one, where 0.5 was, but made ears stand off
HIDES: Final = (0.05, 0.35)  # tangents of a turn of the shot, between which its far side goes from seen to hidden


def to_the_side(outwards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far (N,) places that lie `outwards` (N, 2) of a head's middle are at its side: -1 right, 1 left."""
    return np.asarray(outwards[:, 0] / np.maximum(np.linalg.norm(outwards, axis=1), 1e-9))


def as_deep(sides: NDArray[np.float64], shot: Pose) -> NDArray[np.float64]:
    """Return the shares (N,) of an ear's depth at which the outline lies that the shot shows at these `sides` (N,)."""
    return np.asarray(1 - smoothstep(-sides * _lean(shot), *HIDES))


def moved_by_depth(sides: NDArray[np.float64], shot: Pose, pose: Pose) -> NDArray[np.float64]:
    """Return by how much (N, 2), in pixels, places move as a turn shows that they lie deeper: all one way.

    `sides` (N,) are those of `to_the_side`. In the shot's own pose, and where a side turns back, that is nothing.
    """
    away, before = (-np.sign(sides) * _lean(each) for each in (pose, shot))
    farther = FAR * np.maximum(away - np.maximum(before, 0), 0) + NEAR * np.minimum(away - np.minimum(before, 0), 0)
    return np.outer(-sides * farther * as_deep(sides, shot), pose.scale * pose.rotation[:2, 0])


def _lean(pose: Pose) -> float:
    """Return how far depth is seen sideways: to the head's left, by depth."""
    (xx, xy, xz), (yx, yy, yz) = pose.rotation[:2].tolist()
    return float((xz * yy - yz * xy) / (xx * yy - xy * yx))
