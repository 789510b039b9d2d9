"""A picture and its landmarks in, a square around the head out, and back: `crop_image`, then `Window`.

Pixel centres lie at whole numbers; a box counts from the image's outer edge, so `Box(0, 0, W, H)` is the whole image.
"""

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.topology import (
    FOREHEAD,
    LEFT_EYE_CORNERS,
    LEFT_TEMPLE,
    NOSE_ROOT,
    RIGHT_EYE_CORNERS,
    RIGHT_TEMPLE,
    RIGID,
)
from headcast.types import Box, Image, Landmarks, Mask

# In root-mean-square radii of the rigid points, which neither speech nor turning the head changes.
_SIDE: Final = 5.65  # chin to brow becomes 46 % of the side: hair above and shoulders below fit
_DOWN_FACE: Final = 0.6  # from the centre of the rigid points down the face to the centre of the box
_INTO_HEAD: Final = 0.5  # and into the head, so that the hair behind a turned face stays inside

_SLIDE: Final = 0.06  # of the side
_HALF: Final = np.array([0.5, 0.5, 0.0])  # from pixel centres to the image's outer edge
_Pixels = TypeVar("_Pixels", Image, Mask)

_SEAM: Final = 0.12  # of the side: how wide the pasted square fades out


def head_crop(landmarks: Landmarks, image_size: tuple[int, int] | None = None, scale: float = 1.0) -> Box:
    """Return the upright square with head and shoulders, in whole pixels.

    Place and size follow the skull: a talking mouth does not move them. `scale` widens the square about its centre.
    It may reach beyond the image; told the image's (width, height), it slides back inside a little.
    """
    if not scale > 0:
        raise ValueError(f"scale must be positive, not {scale}")
    rigid = landmarks[list(RIGID)].astype(np.float64)
    centre = rigid.mean(axis=0)
    radius = float(np.sqrt(((rigid - centre) ** 2).sum(axis=1).mean()))
    right, down = _skull_axes(landmarks)
    middle = centre + radius * (_DOWN_FACE * down + _INTO_HEAD * np.cross(right, down))
    side = max(round(scale * _SIDE * radius), 1)
    left, top = (float(middle[axis]) + 0.5 - side / 2 for axis in (0, 1))
    if image_size is not None:
        left, top = _slid_inside(left, side, image_size[0]), _slid_inside(top, side, image_size[1])
    return Box(round(left), round(top), side, side)


def crop_image(image: Image, box: Box, size: int) -> Image:
    """Return the part of the image inside the box at `size` x `size`; beyond the image its edge runs on, blurred."""
    steps = max(int(np.ceil(box.width / size)), int(np.ceil(box.height / size)), 1)
    fine = steps * size  # at least the image's own resolution, then averaged down: cubic up, area down
    to_image = _patch_to_image(box, fine)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(image, to_image, (fine, fine), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    patch = cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA)
    return _soften_outside(np.asarray(patch, np.uint8), box, image)


def crop_landmarks(landmarks: Landmarks, box: Box, size: int) -> Landmarks:
    """Return the landmarks in pixels of `crop_image(image, box, size)`; depth is scaled like x."""
    return np.asarray((landmarks + _HALF - _corner(box)) / _steps(box, size) - _HALF, np.float32)


def landmarks_to_image(landmarks: Landmarks, box: Box, size: int) -> Landmarks:
    """Undo `crop_landmarks`."""
    return np.asarray((landmarks + _HALF) * _steps(box, size) + _corner(box) - _HALF, np.float32)


def paste_mask(box: Box, image_size: tuple[int, int], size: int) -> Mask:
    """Return how much of a pasted square shows, (size, size): 1 inside, falling to 0 at its border.

    Where the box reaches the border of the image (width, height) there is nothing to fade into and it stays 1.
    """
    width, height = image_size
    distance = (np.arange(size) + 0.5) / (_SEAM * size)
    rising = np.clip(distance, 0.0, 1.0)
    rising = rising * rising * (3.0 - 2.0 * rising)
    whole = np.ones(size)
    across = np.minimum(rising if box.left > 0 else whole, rising[::-1] if box.left + box.width < width else whole)
    along = np.minimum(rising if box.top > 0 else whole, rising[::-1] if box.top + box.height < height else whole)
    return np.asarray(np.outer(along, across), np.float32)


class Window:
    """The part of an image that a box of it covers; squares cut from the box are brought there.

    `place` are its rows and columns.
    """

    def __init__(self, image: Image, box: Box) -> None:
        """ValueError if the box lies outside of the image."""
        height, width = image.shape[:2]
        left, top = max(int(np.floor(box.left)), 0), max(int(np.floor(box.top)), 0)
        right = min(int(np.ceil(box.left + box.width)), width)
        bottom = min(int(np.ceil(box.top + box.height)), height)
        if left >= right or top >= bottom:
            raise ValueError(f"{box} lies outside the photo of {width}x{height} pixels")
        self.place = (slice(top, bottom), slice(left, right))
        self._box = Box(box.left - left, box.top - top, box.width, box.height)
        self._shape = (bottom - top, right - left)

    def bring(self, patch: _Pixels) -> _Pixels:
        """Scale a square (size, size) or (size, size, C) of the box to the window (h, w) or (h, w, C)."""
        if patch.ndim not in (2, 3) or patch.shape[0] != patch.shape[1]:
            raise ValueError(f"expected a square patch, not one of shape {patch.shape}")
        size = min(len(patch), max(round(self._box.width), 1))
        if size < len(patch):
            patch = np.asarray(cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA), patch.dtype)
        height, width = self._shape
        left, top = -round(self._box.left), -round(self._box.top)
        if size == round(self._box.width) and size == round(self._box.height) and (-left, -top) == self._corner():
            return np.ascontiguousarray(patch[top : top + height, left : left + width])
        from_patch = _patch_to_image(self._box, size)
        warped = cv2.warpAffine(patch, from_patch, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, patch.dtype)

    def _corner(self) -> tuple[float, float]:
        return self._box.left, self._box.top


def _slid_inside(start: float, side: int, length: int) -> float:
    """Move an interval of `side` towards 0..`length`, by `_SLIDE` of itself at most."""
    inside = min(max(start, min(0.0, length - side)), max(0.0, length - side))
    return min(max(inside, start - _SLIDE * side), start + _SLIDE * side)


def _corner(box: Box) -> NDArray[np.float64]:
    return np.array([box.left, box.top, 0.0])


def _steps(box: Box, size: int) -> NDArray[np.float64]:
    """Pixels of the image per pixel of a patch, along x, y and z."""
    return np.array([box.width / size, box.height / size, box.width / size])


def _skull_axes(landmarks: Landmarks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors to the image's right and down the face, fixed to the skull."""
    points = landmarks.astype(np.float64)
    right = _mean(points, LEFT_EYE_CORNERS + LEFT_TEMPLE) - _mean(points, RIGHT_EYE_CORNERS + RIGHT_TEMPLE)
    right /= np.linalg.norm(right) + 1e-9
    down = _mean(points, NOSE_ROOT) - _mean(points, FOREHEAD)
    down -= right * (right @ down)
    return right, down / (np.linalg.norm(down) + 1e-9)


def _mean(points: NDArray[np.float64], indices: tuple[int, ...]) -> NDArray[np.float64]:
    return np.asarray(points[list(indices)].mean(axis=0))


def _patch_to_image(box: Box, size: int) -> NDArray[np.float64]:
    """Return the 2x3 matrix from pixels of a patch of `size` to pixels of the image."""
    across, along = box.width / size, box.height / size
    return np.array([[across, 0.0, box.left + across / 2 - 0.5], [0.0, along, box.top + along / 2 - 0.5]])


def _soften_outside(patch: Image, box: Box, image: Image) -> Image:
    """Blur what lies beyond the image, the more the farther out, so that the repeated edge makes no streaks."""
    size = len(patch)
    height, width = image.shape[:2]
    x = box.left + (np.arange(size) + 0.5) * box.width / size
    y = box.top + (np.arange(size) + 0.5) * box.height / size
    out_x, out_y = np.maximum(-x, x - width), np.maximum(-y, y - height)
    outside = np.maximum(out_y[:, None], out_x[None, :]) / box.width
    if outside.max() <= 0:
        return patch
    weight = np.clip(outside / 0.05, 0.0, 1.0)[..., None]
    blurred = cv2.GaussianBlur(patch, (0, 0), 0.03 * size)
    return np.asarray(np.rint(patch * (1.0 - weight) + blurred * weight), np.uint8)
