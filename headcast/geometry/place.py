"""Some points of a face, put where they belong by hand, in; all its landmarks out.

For paintings and drawings, in which the tracker finds nothing or finds it in the wrong place.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import face_model
from headcast.limits import MAX_PLACE
from headcast.strict import check_landmarks, finite, table
from headcast.types import Landmarks

HANDLES: Final = {
    "forehead": 10,
    "chin": 152,
    "right_temple": 127,
    "left_temple": 356,
    "right_jaw": 172,
    "left_jaw": 397,
    "right_brow_outer": 70,
    "right_brow_middle": 105,
    "right_brow_inner": 107,
    "left_brow_inner": 336,
    "left_brow_middle": 334,
    "left_brow_outer": 300,
    "right_eye_outer": 33,
    "right_eye_upper": 159,
    "right_eye_inner": 133,
    "right_eye_lower": 145,
    "right_iris": 468,
    "left_eye_inner": 362,
    "left_eye_upper": 386,
    "left_eye_outer": 263,
    "left_eye_lower": 374,
    "left_iris": 473,
    "nose_root": 168,
    "nose_tip": 1,
    "right_nostril": 98,
    "left_nostril": 327,
    "mouth_right": 61,
    "mouth_left": 291,
    "upper_lip_top": 0,
    "upper_lip_bottom": 13,
    "lower_lip_top": 14,
    "lower_lip_bottom": 17,
}
"""The points that are put by hand, right and left being the person's own: names and numbers of landmarks."""

_OUTSIDE: Final = 4.0  # times the picture's longer side that a face may reach beyond it


def parse_handles(value: object, size: tuple[int, int]) -> dict[int, tuple[float, float]]:
    """Handles out of a stranger's table of all names: [x, y], in a picture of `size`; ValueError for what is not so."""
    given = table(value, "handles")
    if set(given) != set(HANDLES):
        raise ValueError(f"handles must have each of {', '.join(HANDLES)}, and no other")
    limit = min(_OUTSIDE * max(size), MAX_PLACE)
    return {HANDLES[name]: _point(point, name, limit) for name, point in given.items()}


def place(handles: Mapping[int, tuple[float, float]], found: Landmarks | None = None) -> Landmarks:
    """Return landmarks (478, 3) that pass through the handles, in their pixels; between them they follow smoothly.

    They are bent from those that were found, or from the average face. ValueError where they make no face.
    """
    numbers, wanted = list(handles), np.array(list(handles.values()), np.float64)
    start = (face_model().mean if found is None else found).astype(np.float64)
    start = _laid_over(start, numbers, wanted)
    moved = start.copy()
    moved[:, :2] += _bent(start[numbers, :2], wanted - start[numbers, :2], start[:, :2])
    landmarks = np.asarray(moved, np.float32)
    check_landmarks(landmarks)
    return landmarks


def average_face(size: tuple[int, int]) -> Landmarks:
    """The average face in the middle of a picture of (width, height): where to start when nothing is found."""
    mean = face_model().mean
    scale = 0.2 * min(size)  # pixels per eye distance
    middle = np.array([size[0] / 2, 0.45 * size[1], 0.0])
    return np.asarray(mean * scale + middle, np.float32)


def _laid_over(face: NDArray[np.float64], numbers: list[int], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn, scale and shift a face so that its handles are nearest to where they are wanted."""
    points = face[numbers, :2]
    from_mean, to_mean = points.mean(0), wanted.mean(0)
    left, singular, right = np.linalg.svd((wanted - to_mean).T @ (points - from_mean))
    sign = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign) @ right
    scale = float((singular * sign).sum() / ((points - from_mean) ** 2).sum())
    laid = np.empty_like(face)
    laid[:, :2] = scale * (face[:, :2] - from_mean) @ rotation.T + to_mean
    laid[:, 2] = scale * (face[:, 2] - face[:, 2].mean())
    return laid


def _bent(
    handles: NDArray[np.float64], shifts: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the shifts (N, 2) of points (N, 2) where handles (H, 2) shift: the thin-plate spline (Duchon 1977).

    LinAlgError, a ValueError, where two handles lie in one place or all of them on a line.
    """
    middle, size = handles.mean(0), np.ptp(handles, axis=0).max() or 1.0

    def basis(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bending (N, H), the plate's r^2 log r about each handle, and what bends nothing (N, 3): 1, x and y."""
        at = (places - middle) / size
        squared = np.square(at[:, None] - (handles - middle) / size).sum(2)
        return squared * np.log(np.maximum(squared, 1e-300)), np.column_stack([np.ones(len(at)), at])

    bending, flat = basis(handles)
    system = np.block([[bending, flat], [flat.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.vstack([shifts, np.zeros((3, 2))]))
    return np.hstack(basis(points)) @ weights


def _point(value: Any, name: str, limit: float) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{name} must be [x, y]")
    return finite(value[0], -limit, limit, name), finite(value[1], -limit, limit, name)
