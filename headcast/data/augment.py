"""A real person's frames in, the frames of a made-up one out; and the small faults that use will bring.

A few hundred identities are soon memorised. One change of shape, side and colour for all frames of an episode
makes a new person of each.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.pose import apply_pose, change_expression, fit_pose, remove_pose
from headcast.geometry.spreads import CONTROL_SPREAD
from headcast.geometry.topology import MIRROR
from headcast.types import Image, Landmarks, Shot

ROUGHENED_SHARE = 0.15  # more would teach to paint everything where it might be: blurred


def _identity() -> NDArray[np.float64]:
    return np.eye(2, 3)


@dataclass(frozen=True)
class Disguise:
    """One change for all frames of an episode.

    `affine` (2, 3) moves pixels about the frame's middle, in shares of its side; `mirrored` swaps left and right
    first; `gains` (3,) and `gamma` change the colours.
    """

    affine: NDArray[np.float64] = field(default_factory=_identity)
    mirrored: bool = False
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0

    def apply(self, shot: Shot) -> Shot:
        """Return the shot of the made-up person."""
        size = shot.image.shape[0]
        to_new = self._matrix(size)[:2]
        images = [
            cv2.warpAffine(image, to_new, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for image in (shot.image, shot.matte)
        ]
        levels = np.linspace(0, 1, 256) ** self.gamma
        table = np.clip(255 * levels[:, None] * self.gains + 0.5, 0, 255).astype(np.uint8)
        coloured = cv2.LUT(images[0], table.reshape(1, 256, 3))
        return Shot(np.asarray(coloured, np.uint8), self.move(shot.landmarks, size), images[1].astype(np.float32))

    def move(self, landmarks: Landmarks, size: int = 256) -> Landmarks:
        """Return the made-up person's landmarks for those of a frame of `size` pixels."""
        matrix = self._matrix(size)
        moved: Landmarks = landmarks.copy()
        moved[:, :2] = landmarks[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]
        moved[:, 2] *= np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
        return moved[MIRROR] if self.mirrored else moved

    def _matrix(self, size: int) -> NDArray[np.float64]:
        """Return the matrix (3, 3) from old pixels to new ones."""
        middle = (size - 1) / 2
        centre = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1]])
        flip = np.diag([-1.0 if self.mirrored else 1.0, 1.0, 1.0])
        change = np.vstack([self.affine * (1, 1, size), (0, 0, 1)])
        return np.asarray(np.linalg.inv(centre) @ change @ flip @ centre)


def random_disguise(random: np.random.Generator) -> Disguise:
    """Draw a made-up person: up to 8 % longer or wider, sheared, turned, moved, recoloured, half of them mirrored."""
    angle, shear = random.uniform(-0.1, 0.1), random.uniform(-0.05, 0.05)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = np.diag(random.uniform(0.92, 1.08, 2)) @ np.array([[1, shear], [0, 1]])
    affine = np.column_stack([turn @ shape, random.uniform(-0.04, 0.04, 2)])
    red, green, blue = map(float, random.uniform(0.85, 1.12) * random.uniform(0.93, 1.07, 3))
    return Disguise(affine, bool(random.random() < 0.5), (red, green, blue), float(random.uniform(0.85, 1.2)))


def spoil_image(image: Image, random: np.random.Generator) -> Image:
    """Sometimes compress or blur a shot as photos from the web are; never a target."""
    kind = random.random()
    if kind < 0.15:
        done, coded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 90))])
        return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[:, :, ::-1]) if done else image
    if kind < 0.3:
        size = image.shape[0]
        small = max(16, round(size * random.uniform(0.4, 0.9)))
        less = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(less, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    return image


def roughen_landmarks(landmarks: Landmarks, random: np.random.Generator) -> Landmarks:
    """Sometimes move driving landmarks by the errors of tracking and retargeting, for an unchanged target."""
    if random.random() > ROUGHENED_SHARE:
        return landmarks
    pose = fit_pose(landmarks)
    change = random.normal(0, 0.08, len(CONTROL_SPREAD)) * CONTROL_SPREAD
    moved = apply_pose(change_expression(remove_pose(landmarks, pose), change), pose)
    moved[:, :2] += random.normal(0, 0.004, (len(moved), 2)) * pose.scale
    return moved
