"""A shot's pose and another one in, how far ear and hair of the side that turns away go behind the face out.

Ears lie deeper than the plane in which the mesh carries them. On the side that turns towards the camera that plane
keeps cheek and ear together; on the other nothing tears, and ears of the true depth hide behind the cheek in time.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import Pose

DEEPER: Final = 0.5  # eye distances behind the plane in which ears lie: what was measured best on turned heads


def to_the_side(outwards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far (N,) places that lie `outwards` (N, 2) of a head's middle are at its side: -1 right, 1 left."""
    return np.asarray(outwards[:, 0] / np.maximum(np.linalg.norm(outwards, axis=1), 1e-9))


def hidden_farther(sides: NDArray[np.float64], shot: Pose, pose: Pose) -> NDArray[np.float64]:
    """Return by how much (N, 2), in pixels, places move towards a face's middle as their side turns away.

    `sides` (N,) are those of `to_the_side`. In the shot's own pose, and where a side turns back, that is nothing.
    """
    away = np.maximum(-np.sign(sides) * _lean(pose), 0) - np.maximum(-np.sign(sides) * _lean(shot), 0)
    return np.outer(-sides * np.maximum(away, 0), DEEPER * pose.scale * pose.rotation[:2, 0])


def _lean(pose: Pose) -> float:
    """Return how far depth is seen sideways: to the head's left, by depth."""
    (xx, xy, xz), (yx, yy, yz) = pose.rotation[:2].tolist()
    return float((xz * yy - yz * xy) / (xx * yy - xy * yx))
