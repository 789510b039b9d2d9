"""A picture and the landmarks of its face in, the skin spread out flat out: every face in the same place and pose."""

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import face_model
from headcast.geometry.topology import TRIANGLES
from headcast.types import Image, Landmarks, Mask

TEXTURE_SIZE: Final = 64

_FACING: Final = 0.2  # cosine to the camera below which skin is seen too flatly to tell


def unwrap(image: Image, landmarks: Landmarks) -> tuple[Image, Mask]:
    """Return the face's skin (64, 64, 3) laid on the mean face, and how well it is seen (64, 64), 0 to 1.

    Expression, pose and the shape of the face are gone. Skin that faces the camera is seen well; what is turned away
    and the insides of eyes and mouth are not seen. Best in a picture whose face is one to three times as large.
    """
    corners, shares = _places()
    x, y = np.einsum("yxcd,yxc->dyx", landmarks[:, :2][corners], shares).astype(np.float32)
    texture = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    triangles = landmarks[TRIANGLES]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    facing = normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), 1e-9)
    numbers = _triangle_numbers()
    seen = np.where((numbers >= 0) & (facing[numbers] > _FACING), facing[numbers], 0.0)
    return np.asarray(texture, np.uint8), seen.astype(np.float32)


@cache
def _places() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return of which three landmarks (64, 64, 3) each place is made, with what shares (64, 64, 3); 0 in holes."""
    numbers = _triangle_numbers()
    corners = np.where(numbers[..., None] >= 0, TRIANGLES[numbers], 0)
    shares = _barycentric()[numbers.ravel(), np.arange(numbers.size)].reshape(*numbers.shape, 3)
    return corners, np.where(numbers[..., None] >= 0, shares, 0).astype(np.float32)


@cache
def _triangle_numbers() -> NDArray[np.intp]:
    """Return which triangle covers each place (64, 64), -1 where none does."""
    inside = _barycentric().min(axis=2) >= -1e-6
    return np.where(inside.any(axis=0), inside.argmax(axis=0), -1).reshape(TEXTURE_SIZE, TEXTURE_SIZE)


@cache
def _barycentric() -> NDArray[np.float64]:
    """Return the barycentric coordinates (852, 64 * 64, 3) of every place in every triangle of the mean face."""
    points = face_model().mean[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    points = ((points - (low + high) / 2) / (high - low).max() + 0.5) * (TEXTURE_SIZE - 1)
    corners = np.concatenate([points[TRIANGLES], np.ones((len(TRIANGLES), 3, 1))], axis=2)  # rows x, y, 1
    rows, columns = np.mgrid[:TEXTURE_SIZE, :TEXTURE_SIZE]
    places = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)], axis=1)
    return np.asarray(np.einsum("pk,tkc->tpc", places, np.linalg.inv(corners)))
