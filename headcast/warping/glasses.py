"""A shot in, whether the person wears glasses out; and moved landmarks in, the same with glasses that stay rigid out.

Landmarks say where skin is, and a mesh through them carries glasses like skin: raised brows would pull the upper rims
up, cheeks dent the lower ones. On a wearer, what rims may cover follows the skull alone, as glasses do; lids and irises
behind the lenses move on. Who wears glasses is told from the picture by logistic regression on its edges around the
eyes; its numbers are made by tools/fit_glasses.py.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import CONTROLS, Head, apply_pose, face_model, fit_pose, head_of, remove_pose
from headcast.geometry.topology import LEFT_EYE, LEFT_IRIS, NUM_FACE, RIGHT_EYE, RIGHT_IRIS
from headcast.types import Image, Landmarks
from headcast.warping.interior import plane_to_frame, sample_affine

GLASSES_PATH: Final = Path(__file__).parent / "assets" / "glasses.safetensors"
RESTS: Final = (  # bridge and root of the nose, corners of the eyes, temples: what the tracker finds well
    *(6, 8, 9, 122, 128, 168, 188, 193, 197, 244, 245, 351, 357, 412, 417, 464, 465, 33, 133, 263, 362),
    *(34, 35, 127, 139, 143, 156, 162, 264, 265, 356, 368, 372, 383, 389),
)
MOVING: Final = tuple(CONTROLS.index(name) for name in ("brow_height", "right_eye_opening", "left_eye_opening"))
FRONT: Final = (-0.33, 0.4)  # canonical depth of glasses at the nose, and how they bend back with the square of x ...
ARMS: Final = (0.9, 1.05)  # ... up to where arms go back, which lie on the skin
STIFF: Final = 0.05  # square eye distances: the more, the less glasses turn and stretch with what a pose misses
BEHIND: Final = (0.0, 0.14)  # eye distances from lids and irises over which what moves with them gives way to lenses
BELOW: Final = (0.5, 0.9)  # canonical heights below the eyes between which cheeks give way to what rims may cover ...
ABOVE: Final = (0.34, 0.48)  # ... and above the eyes brows and forehead, free above rims
CROP_SIZE: Final = (96, 48)  # pixels, width and height, that are looked at ...
CROP_STEP: Final = 1 / 40  # ... eye distances a pixel ...
CROP_CORNER: Final = np.array([-1.2, -0.5, 0.0])  # ... from this canonical place on
CELL: Final = 4  # pixels a side of the cells in which edges are counted
NUM_DIRECTIONS: Final = 8  # of edges; opposite ones differ: rims are darker than skin
MOST_TURN: Final = 0.6  # sine of a turn to the side: no photo that was learned from shows more
FAINT: Final = 4.0  # levels a pixel: fainter edges count less


class Glasses:
    """The glasses that someone with these `landmarks` wears, in pixels of the shot; lenses lie before the skin."""

    def __init__(self, landmarks: Landmarks) -> None:
        head = head_of(landmarks)
        face, self._controls = remove_pose(landmarks, head.pose), head.controls[list(MOVING)]
        self._rest = face[list(RESTS)]
        # along the camera's axis: the shot shows them where they are
        self._forward = -_before_skin()[:, None] * head.pose.rotation[2]
        self._worn = face + self._forward
        self._modes = face_model().modes[list(MOVING)][:, list(RESTS)]
        middle = self._rest.mean(0)
        around = self._rest - middle
        spread = around.T @ around + STIFF * len(RESTS) * np.eye(3)
        self._carry = (self._worn - middle) @ np.linalg.solve(spread, around.T) + 1 / len(RESTS)

    def keep_rigid(self, landmarks: Landmarks, head: Head) -> Landmarks:
        """Return landmarks (478, 3) of a `head`, with those that glasses may cover where these are.

        They go with the head's pose, and by one affine map with what that misses of the points that they rest on. What
        brows and lids do there counts as known.
        """
        known = np.einsum("c,cpx->px", head.controls[list(MOVING)] - self._controls, self._modes)
        missed = remove_pose(landmarks[list(RESTS)], head.pose) - self._rest - known
        rigid = apply_pose(self._worn + self._carry @ missed, head.pose)
        before_skin = self._forward @ head.pose.rotation[2]
        rigid[:, 2] -= head.pose.scale * before_skin  # who measures a face wants the skin's depth
        return np.asarray(landmarks + covered_shares()[:, None] * (rigid - landmarks), np.float32)


def wears_glasses(image: Image, landmarks: Landmarks) -> bool:
    """Tell whether a face in a head crop of about 256 pixels wears glasses; in doubt it does not."""
    weights, bias = _classifier()
    if abs(fit_pose(landmarks).rotation[2, 0]) > MOST_TURN:
        return False
    return bool(describe(image, landmarks) @ weights + bias > 0)


@cache
def covered_shares() -> NDArray[np.float64]:
    """Return how far (478,) each point follows glasses: 1 on rims and arms, 0 on lids, irises, mouth and forehead."""
    face = face_model().mean[:, :2]
    eyes = face[[*RIGHT_EYE, *LEFT_EYE, *RIGHT_IRIS, *LEFT_IRIS]]
    beside = smoothstep(np.linalg.norm(face[:, None] - eyes, axis=2).min(1), *BEHIND)
    return np.asarray(beside * (1 - smoothstep(face[:, 1], *BELOW)) * (1 - smoothstep(-face[:, 1], *ABOVE)))


def slip_as_one(*, glasses: bool, num_points: int) -> NDArray[np.float64] | None:
    """Return how far (N,) the face's vertices, and points after them, slip as one piece; None without `glasses`."""
    return np.pad(covered_shares()[:NUM_FACE], (0, num_points - NUM_FACE)) if glasses else None


@cache
def _before_skin() -> NDArray[np.float64]:
    """Return how far (478,) glasses lie before each point of a face, in eye distances."""
    beside, _, depth = face_model().mean.T
    front = FRONT[0] + FRONT[1] * beside**2
    return np.asarray(np.maximum(depth - front, 0) * (1 - smoothstep(np.abs(beside), *ARMS)))


def describe(image: Image, landmarks: Landmarks) -> NDArray[np.float64]:
    """Return what tells glasses (D,): how strong edges are in each direction in cells around the eyes.

    Both halves of the face are laid on each other, as in a mirror.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    to_image = plane_to_frame(fit_pose(landmarks), CROP_CORNER, CROP_STEP)
    crop = sample_affine(grey, to_image, *CROP_SIZE)
    crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.7), np.float32)
    across, along = cv2.Sobel(crop, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(crop, cv2.CV_32F, 0, 1, scale=0.25)
    strength, direction = np.hypot(across, along), np.arctan2(along, across)
    angles = 2 * np.pi * np.arange(NUM_DIRECTIONS) / NUM_DIRECTIONS
    cells = np.array([_cells(strength * np.maximum(0, np.cos(direction - angle)) ** 4) for angle in angles])
    mirrored = cells[(NUM_DIRECTIONS // 2 - np.arange(NUM_DIRECTIONS)) % NUM_DIRECTIONS, :, ::-1]
    cells = (cells + mirrored)[:, :, : cells.shape[2] // 2]
    return np.asarray(np.sqrt(cells / (cells.sum(0).mean() + FAINT)).ravel(), np.float64)


def _cells(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average over cells: (height, width) to (height / CELL, width / CELL), each a little over its neighbours."""
    even = cv2.GaussianBlur(values, (0, 0), CELL / 2)
    return np.asarray(even[CELL // 2 :: CELL, CELL // 2 :: CELL], np.float64)


@cache
def _classifier() -> tuple[NDArray[np.float64], float]:
    """Return the weights (D,) and what is added."""
    arrays = load_file(GLASSES_PATH)
    return arrays["weights"].astype(np.float64), float(arrays["bias"][0])
