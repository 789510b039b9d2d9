"""68 points in, openings of mouth and lids out, with the rules that say when an opening counts."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.landmarks68 import Points68, eye_distance
from headcast.types import Image

MOUTH_OPEN: Final = 0.08
MOUTH_CLOSED: Final = 0.03
"""Limits in eye distances."""

LIDS_SHUT: Final = 0.5
USUAL_LIDS: Final = 80
"""Lids are closed below this share of the face's usual opening, which is this percentile of its frames: eyes differ,
and painted and dark ones are seen as a little open however tightly they are shut."""

CLEARLY: Final = 0.75
"""A target counts as closed below this share of its limit. A finder trembles: of lips seen just below the limit, 5 %
are seen above it in a frame that nobody can tell from that one; of clearly closed ones 1 %."""


def mouth_opening(points: Points68) -> float:
    """Return the inner-lip gap (mean of the three middle pairs) in eye distances."""
    return _gap(points, (61, 62, 63), (67, 66, 65))


def lid_opening(points: Points68) -> float:
    """Return the mean gap between the lids of both eyes in eye distances."""
    return _gap(points, (37, 38, 43, 44), (41, 40, 47, 46))


def mouth_opens(target_openings: NDArray[np.float64], shot_opening: float) -> NDArray[np.bool_]:
    """Pick the frames where a closed-mouthed shot has to show an open mouth: what copying cannot do.

    All are False when the shot's own mouth is not closed.
    """
    return (target_openings > MOUTH_OPEN) & (shot_opening < MOUTH_CLOSED)


def lid_limit(openings: NDArray[np.float64]) -> float:
    """Return the opening below which a face's lids are closed, given its openings; 0 where no face was found."""
    found = openings[np.isfinite(openings)]
    return LIDS_SHUT * float(np.percentile(found, USUAL_LIDS)) if found.size else 0.0


def closure_kept(
    openings: NDArray[np.float64], target_openings: NDArray[np.float64], limit: float, target_limit: float
) -> float:
    """Return the share of the target's closed frames that are closed in the output; NaN when none clearly is.

    An output frame without a face has an infinite opening: nothing is closed there.
    """
    closed = target_openings < CLEARLY * target_limit
    return float((openings[closed] < limit).mean()) if closed.any() else float("nan")


def floor_frame(target: Image) -> Image:
    """Return the target moved by half a pixel and compressed (JPEG 80): an output nobody can tell from it.

    What a judge finds between this and the target is its own noise; errors are given minus it.
    """
    height, width = target.shape[:2]
    matrix = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    moved = cv2.warpAffine(target, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    # OpenCV reads and writes BGR; the channel order matters to JPEG's colour subsampling
    _, compressed = cv2.imencode(".jpg", moved[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.ascontiguousarray(cv2.imdecode(compressed, cv2.IMREAD_COLOR)[..., ::-1]).astype(np.uint8, copy=False)


def _gap(points: Points68, upper: tuple[int, ...], lower: tuple[int, ...]) -> float:
    """Return the mean distance between matching upper and lower points, in eye distances."""
    gaps = np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1)
    return float(gaps.mean()) / eye_distance(points)
