"""Landmarks in, the parts of the picture that are judged apart out: mouth, eyes, head, ring around it, skin."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.landmarks68 import points_68
from headcast.geometry.topology import CHIN, FACE_OVAL, FOREHEAD
from headcast.types import Box, Landmarks, Mask

MOUTH_BOX_WIDTH: Final = 1.6
MOUTH_BOX_HEIGHT: Final = 0.8
EYE_BOX_WIDTH: Final = 1.8
EYE_BOX_HEIGHT: Final = 1.2
"""Box sides in widths of the mouth or of the eye."""

HEAD_SCALE: Final = 1.5
"""Size of the head's ellipse in sizes of the face oval, so that it holds most hair; the matte cuts off the rest."""

RING_WIDTH: Final = 0.5
"""How far the ring around the head and the part below the chin reach, in breadths of the head's ellipse: half a head,
and as far to both sides of the chin."""

SKIN_GROUPS: Final = (slice(17, 22), slice(22, 27), slice(36, 42), slice(42, 48), slice(48, 60), slice(31, 36))


def judged_regions(landmarks: Landmarks, matte: Mask) -> dict[str, Mask]:
    """Return the masks (H, W) of "head", "mouth", "eyes", "ring", "below chin" and "full" for landmarks (478, 3)."""
    height, width = matte.shape
    right_eye, left_eye = (box_mask(box, (height, width)) for box in eye_boxes(landmarks))
    return {
        "head": head_matte(landmarks, matte),
        "mouth": box_mask(mouth_box(landmarks), (height, width)),
        "eyes": np.maximum(right_eye, left_eye),
        "ring": ring_mask(landmarks, matte),
        "below chin": below_chin_mask(landmarks, (height, width)),
        "full": np.ones((height, width), np.float32),
    }


def mouth_box(landmarks: Landmarks) -> Box:
    """Return an upright box around the mouth, MOUTH_BOX_WIDTH mouths wide, chin-ward lip travel included."""
    mouth = points_68(landmarks)[48:60]
    extent = np.ptp(mouth, axis=0)
    width = MOUTH_BOX_WIDTH * float(extent[0])
    # an open mouth may be higher than wide: the box always holds it with the same margin
    return _box_around(mouth, width, max(MOUTH_BOX_HEIGHT * float(extent[0]), MOUTH_BOX_WIDTH * float(extent[1])))


def eye_boxes(landmarks: Landmarks) -> tuple[Box, Box]:
    """Return upright boxes around the person's right and left eye; their size does not shrink in a blink."""
    points = points_68(landmarks)
    boxes = []
    for eye in (points[36:42], points[42:48]):
        width = float(np.ptp(eye[:, 0]))
        boxes.append(_box_around(eye, EYE_BOX_WIDTH * width, EYE_BOX_HEIGHT * width))
    return boxes[0], boxes[1]


def head_matte(landmarks: Landmarks, matte: Mask) -> Mask:
    """Return the person's matte within an ellipse around the head: hair and face, not the torso."""
    face = landmarks[list(FACE_OVAL), :2].astype(np.float64)
    up = landmarks[FOREHEAD[0], :2].astype(np.float64) - landmarks[CHIN, :2]  # chin to hairline
    up /= np.linalg.norm(up)
    across = np.array([-up[1], up[0]])
    low, high = (face @ up).min(), (face @ up).max()
    half_height = HEAD_SCALE * (high - low) / 2
    half_width = HEAD_SCALE * np.ptp(face @ across) / 2
    # the lower end lies a twentieth of a face under the chin: no more neck than the jaw's movement needs
    centre_up = low - 0.05 * (high - low) + half_height
    centre_across = ((face @ across).min() + (face @ across).max()) / 2
    rows, columns = np.mgrid[: matte.shape[0], : matte.shape[1]].astype(np.float64)
    along = columns * up[0] + rows * up[1] - centre_up
    sideways = columns * across[0] + rows * across[1] - centre_across
    inside = (along / half_height) ** 2 + (sideways / half_width) ** 2 <= 1
    return np.where(inside, matte, np.float32(0))


def ring_mask(landmarks: Landmarks, matte: Mask) -> Mask:
    """Return what is not the person within half a head of the head: where the old background shows through."""
    head = head_matte(landmarks, matte) > 0.5
    distance = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = distance <= RING_WIDTH * head_breadth(landmarks)
    return np.where(near & ~head, 1 - matte, np.float32(0)).astype(np.float32)


def below_chin_mask(landmarks: Landmarks, size: tuple[int, int]) -> Mask:
    """Return neck, collar and what is beside them: below the chin, to both sides half a head, `size` = (height, width).

    "Below" follows the face's tilt in the picture.
    """
    chin = landmarks[CHIN, :2].astype(np.float64)
    down = chin - landmarks[FOREHEAD[0], :2]
    down /= np.linalg.norm(down) + 1e-9
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    x, y = columns - chin[0], rows - chin[1]
    beside = np.abs(x * down[1] - y * down[0]) <= RING_WIDTH * head_breadth(landmarks)
    return np.asarray(beside & (x * down[0] + y * down[1] > 0), np.float32)


def head_breadth(landmarks: Landmarks) -> float:
    """Return the breadth of the head's ellipse in pixels."""
    face = landmarks[list(FACE_OVAL), :2].astype(np.float64)
    up = landmarks[FOREHEAD[0], :2].astype(np.float64) - landmarks[CHIN, :2]
    up /= np.linalg.norm(up) + 1e-9
    return float(HEAD_SCALE * np.ptp(face @ np.array([-up[1], up[0]])))


def skin_mask(landmarks: Landmarks, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where the face shows skin, `size` = (height, width): the oval drawn in, less features and brows."""
    face = landmarks[list(FACE_OVAL), :2].astype(np.float64)
    # a tenth inside the outline: no hair, no background, no shadow of the jaw
    mask = _fill(face.mean(0) + 0.9 * (face - face.mean(0)), size)
    points = points_68(landmarks).astype(np.float64)
    for group in SKIN_GROUPS:
        part = points[group]
        mask &= ~_fill(part.mean(0) + 1.4 * (part - part.mean(0)), size, thickness=3)
    return mask


def box_mask(box: Box, size: tuple[int, int]) -> Mask:
    """Return 1 on the pixels whose centre lies in the box, else 0, `size` = (height, width)."""
    rows, columns = np.arange(size[0])[:, None], np.arange(size[1])[None, :]
    inside_x = (columns >= box.left) & (columns < box.left + box.width)
    inside_y = (rows >= box.top) & (rows < box.top + box.height)
    return (inside_x & inside_y).astype(np.float32)


def _box_around(points: NDArray[np.float32], width: float, height: float) -> Box:
    """Return a box of that size centred on the extent of the points."""
    centre = (points.min(0) + points.max(0)) / 2
    return Box(float(centre[0]) - width / 2, float(centre[1]) - height / 2, width, height)


def _fill(points: NDArray[np.float64], size: tuple[int, int], thickness: int = 1) -> NDArray[np.bool_]:
    """Fill the convex hull of the points, its outline drawn `thickness` pixels wide."""
    canvas = np.zeros(size, np.uint8)
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    cv2.fillConvexPoly(canvas, hull, (1,))
    cv2.polylines(canvas, [hull], True, (1,), thickness)
    return canvas.astype(bool)
