"""A shot in, the dark lines where its lips and lids meet out: a photo of an open mouth or eye does not show them.

Without them closed lips and lids are a smooth stretch of skin that people and landmark finders take for half open.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.topology import INNER_LIPS, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from headcast.types import Image, Landmarks, Mask
from headcast.warping.patch import Patch, box_around, polygon_mask

LIPS_TOUCH, LIDS_TOUCH = (0.015, 0.05), (0.03, 0.09)  # gap over width of the ring: shut below, plainly open above
SEAM_WIDTH, LASH_WIDTH = 0.045, 0.075  # of the width of mouth and eye
COVERAGE = 0.9
SEAM_SHADE = 0.5  # of the lips' colour
LASH_PERCENTILE = 12  # of the brightness between and at the lids: lashes and pupil
LASHES_END = 6  # of the eight steps from the outer corner to the inner one, where none grow


@dataclass(frozen=True)
class Seam:
    """The line where one shot's lips or lids meet.

    `ring` are landmarks from one corner to the other and back, `touch` the gaps over its width at which the two sides
    meet and are plainly apart, `end` where on its first side the line ends. `lacking` in 0..1 says how far the shot,
    of this `shape`, does not show it.
    """

    ring: tuple[int, ...]
    touch: tuple[float, float]
    thickness: float  # in widths of the ring
    end: int
    colour: NDArray[np.float32]
    shape: tuple[int, ...]
    lacking: float

    def __call__(self, landmarks: Landmarks) -> Patch:
        """Return the line on a face at `landmarks`: nothing while it is open there, or where the shot shows it."""
        ring = landmarks[list(self.ring), :2]
        left, top, width, height = box_around(ring, self.shape)
        colour = np.ascontiguousarray(np.broadcast_to(self.colour, (height, width, 3)))
        inside = np.zeros((height, width), np.float32)
        share = self.lacking * _shut(ring, self.touch)
        if share > 0:
            half = len(ring) // 2
            middle = (ring[: half + 1] + np.vstack([ring[:1], ring[: half - 1 : -1]])) / 2
            thickness = max(1.0, self.thickness * _width(ring))
            line = np.asarray(middle[: self.end + 1] - (left, top), np.float32)
            inside = np.float32(COVERAGE * share) * _stroke(line, thickness, inside.shape)
        return Patch(left, top, colour, inside, np.ones_like(inside))  # drawn, yet as sure as if the shot showed it


def lip_seam(image: Image, landmarks: Landmarks) -> Seam:
    """Return the seam of a shot's lips, darker than they are."""
    outer, inner = (landmarks[list(ring), :2] for ring in (OUTER_LIPS, INNER_LIPS))
    left, top, width, height = box = box_around(outer, image.shape)
    lips = polygon_mask(outer, *box) - polygon_mask(inner, *box) > 0.5
    pixels = image[top : top + height, left : left + width].astype(np.float32)
    colour = np.float32(SEAM_SHADE) * np.median(pixels[lips] if lips.any() else pixels.reshape(-1, 3), axis=0)
    lacking = 1 - _shut(inner, LIPS_TOUCH)
    return Seam(INNER_LIPS, LIPS_TOUCH, SEAM_WIDTH, len(inner) // 2, colour, image.shape, lacking)


def lash_line(image: Image, landmarks: Landmarks, *, left: bool) -> Seam:
    """Return the lashes of a shot's left or right eye, as dark as the darkest of it."""
    ring = LEFT_EYE if left else RIGHT_EYE
    lids = landmarks[list(ring), :2]
    x, y, width, height = box_around(lids, image.shape)
    pixels = image[y : y + height, x : x + width].reshape(-1, 3).astype(np.float32)
    brightness = pixels.mean(1)
    colour = pixels[brightness <= np.percentile(brightness, LASH_PERCENTILE)].mean(0)
    return Seam(ring, LIDS_TOUCH, LASH_WIDTH, LASHES_END, colour, image.shape, 1 - _shut(lids, LIDS_TOUCH))


def _shut(ring: NDArray[np.float32], touch: tuple[float, float]) -> float:
    """Return in 0..1 how far the two sides of a ring (N, 2) meet."""
    half = len(ring) // 2
    gap = np.sqrt(np.square(ring[1:half] - ring[:half:-1]).sum(1)).mean()
    return float(1 - smoothstep(gap / max(_width(ring), 1e-6), *touch))


def _width(ring: NDArray[np.float32]) -> float:
    return hypot(*(ring[0] - ring[len(ring) // 2]).tolist())


def _stroke(line: NDArray[np.float32], thickness: float, shape: tuple[int, ...]) -> Mask:
    """Return the coverage (h, w) in 0..1 of a line (N, 2) with soft sides, in pixels of its box."""
    starts, steps = line[:-1].T[:, :, None, None], np.diff(line, axis=0).T[:, :, None, None]
    y, x = np.arange(shape[0], dtype=np.float32)[:, None] - starts[1], np.arange(shape[1], dtype=np.float32) - starts[0]
    along = (y * steps[1] + x * steps[0]) / np.maximum((steps**2).sum(0), np.float32(1e-6))
    along = np.minimum(np.maximum(along, 0), 1)
    square = (np.square(y - along * steps[1]) + np.square(x - along * steps[0])).min(0)
    return np.asarray(np.clip(0.5 + thickness / 2 - np.sqrt(square), 0, 1), np.float32)
