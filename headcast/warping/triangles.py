"""Triangles of a mesh in, their areas, where they face and how one lies on another out."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def doubled_areas(corners: Points) -> NDArray[np.float64]:
    """Return twice the signed areas (T,) in the image of triangles (T, 3, 2 or 3)."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])


def facing(corners: Points) -> NDArray[np.float64]:
    """Return the cosines (T,) between the triangles' (T, 3, 3) normals and the direction to the camera."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), 1e-9))


def affine_maps(corners: Points, source_corners: Points) -> NDArray[np.float32]:
    """Return the maps (T, 2, 3) that carry image triangles (T, 3, 2) onto the shot's triangles (T, 3, 2)."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    area = np.where(np.abs(area) < 1e-6, 1e-6, area)[:, None]
    to_one, to_two = source_corners[:, 1] - source_corners[:, 0], source_corners[:, 2] - source_corners[:, 0]
    across = (to_one * two[:, 1:] - to_two * one[:, 1:]) / area
    along = (to_two * one[:, :1] - to_one * two[:, :1]) / area
    offset = source_corners[:, 0] - across * corners[:, 0, :1] - along * corners[:, 0, 1:]
    return np.stack([across, along, offset], -1).astype(np.float32)
