"""Landmarks in, the paper's drawing of them out: coloured lines on black, the size of the frame.

Lines and colours are those of the paper's authors (68 points; the lips' inner line and the irises are ours). Lines are
drawn at sub-pixel places, so a face that moves by a quarter of a pixel changes the picture smoothly.
"""

from typing import Final

import cv2
import numpy as np

from headcast.geometry.topology import (
    INNER_LIPS,
    LEFT_IRIS,
    PAPER_JAW,
    PAPER_LEFT_BROW,
    PAPER_LEFT_EYE,
    PAPER_NOSE_BRIDGE,
    PAPER_NOSTRILS,
    PAPER_OUTER_LIPS,
    PAPER_RIGHT_BROW,
    PAPER_RIGHT_EYE,
    RIGHT_IRIS,
)
from headcast.types import Image, Landmarks

# Whoever changes the drawing raises types.DRAWING_STYLE.
_LINES: Final = (  # points, closed, RGB
    (PAPER_JAW, False, (255, 255, 255)),
    (PAPER_RIGHT_BROW, False, (255, 0, 0)),
    (PAPER_LEFT_BROW, False, (0, 255, 0)),
    (PAPER_NOSE_BRIDGE, False, (0, 0, 255)),
    (PAPER_NOSTRILS, False, (0, 0, 255)),
    (PAPER_RIGHT_EYE, True, (255, 0, 255)),
    (PAPER_LEFT_EYE, True, (0, 255, 255)),
    (PAPER_OUTER_LIPS, True, (255, 255, 0)),
    (INNER_LIPS, True, (255, 128, 0)),  # ours: the gap between the lips, all 20 points
)
_IRISES: Final = (  # centre and rim, RGB; ours: the paper's landmarks carry no gaze
    (RIGHT_IRIS, (128, 0, 255)),
    (LEFT_IRIS, (0, 128, 255)),
)

_THICKNESS: Final = 2 / 256  # of the side
_SUPERSAMPLING: Final = 2
_SUB_PIXEL_BITS: Final = 6


def draw_landmark_image(landmarks: Landmarks, size: int) -> Image:
    """Draw landmarks, in pixels of a `size` x `size` image, as the generator reads them; points outside are clipped."""
    canvas = np.zeros((_SUPERSAMPLING * size, _SUPERSAMPLING * size, 3), np.uint8)
    # Pixel centres at whole numbers, also on the larger canvas; far strays are held where OpenCV's integers can follow.
    places = np.clip((landmarks[:, :2] + 0.5) * _SUPERSAMPLING - 0.5, -4 * len(canvas), 5 * len(canvas))
    points = np.rint(places * (1 << _SUB_PIXEL_BITS)).astype(np.int32)
    thickness = max(round(_THICKNESS * len(canvas)), 1)
    for (centre, *rim), colour in _IRISES:
        radius = np.linalg.norm(points[rim] - points[centre], axis=1).mean()
        cv2.circle(
            canvas, tuple(points[centre].tolist()), round(radius), colour, cv2.FILLED, cv2.LINE_AA, _SUB_PIXEL_BITS
        )
    for indices, closed, colour in _LINES:
        line = points[list(indices)]
        cv2.polylines(canvas, [line], closed, colour, thickness, cv2.LINE_AA, _SUB_PIXEL_BITS)
    return np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
