"""A picture and the landmarks of its face in, how much detail the face really shows out."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from headcast.geometry.measures import face_size
from headcast.types import Image, Landmarks, Mask

_Grey = Mask  # but 0..255

_SHARP: Final = 0.6  # pixels: edge blur of real faces that were reduced by averaging and hold all they can
_REBLUR: Final = 1.0  # pixels
_MAX_BLUR: Final = 1.6  # pixels; a wider blur is measured in the picture at half size, where it is half as wide
_MIN_SIZE: Final = 16  # pixels of the shorter side, below which a picture is not halved again
_DIFFERENCE: Final = 1 / 3  # squared pixels of blur that the Sobel filter adds along its own direction
_EDGES: Final = 95  # percentile: lids, iris, brows, lips and nostrils are the strongest twentieth of a face


def sharpness(image: Image, landmarks: Landmarks) -> float:
    """Return how many pixels across its face a picture would need to show all that it shows.

    `face_size` times `true_resolution`: a blurred copy has less than the sharp picture, an enlarged one no more.
    """
    return face_size(landmarks) * true_resolution(image, landmarks)


def true_resolution(image: Image, landmarks: Landmarks) -> float:
    """Return to which share of its size, in [0, 1], the face can be reduced without losing detail.

    About 1 for a sharp picture, 0.5 for one that was enlarged to twice its size. Noise and compression hardly count.
    """
    return min(1.0, _SHARP / max(edge_blur(image, landmarks), _SHARP))


def edge_blur(image: Image, landmarks: Landmarks) -> float:
    """Return the standard deviation of the blur at the face's strongest edges, in pixels.

    Measured across and along the picture, the wider of both, so that a face blurred by motion counts as blurred.
    What a further blur takes from an edge's slope tells how wide it was before (Zhuo and Sim 2011).
    """
    grey, inside = _face_window(image, landmarks)
    return max(_blur_along(grey, inside, _slopes_across), _blur_along(grey, inside, _slopes_along))


def _face_window(image: Image, landmarks: Landmarks) -> tuple[_Grey, Mask]:
    """Return the grey pixels in the box around the face and where the face is (1), both (H, W)."""
    limit = np.array(image.shape[1::-1]) - 1
    low = np.clip(np.floor(landmarks[:, :2].min(axis=0)).astype(int), 0, limit)
    high = np.clip(np.ceil(landmarks[:, :2].max(axis=0)).astype(int), low, limit) + 1
    window = image[low[1] : high[1], low[0] : high[0]]
    grey: _Grey = np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY), np.float32)
    hull = cv2.convexHull(np.rint(landmarks[:, :2] - low).astype(np.int32))
    return grey, np.asarray(cv2.fillConvexPoly(np.zeros_like(grey), hull, (1.0,)), np.float32)


def _blur_along(grey: _Grey, inside: Mask, slopes: Callable[[_Grey], _Grey]) -> float:
    scale = 1.0
    while True:
        blur = _blur_at_this_size(grey, inside, slopes)
        if blur < _MAX_BLUR or min(grey.shape) < 2 * _MIN_SIZE:
            return scale * float(np.sqrt(max(blur**2 - _DIFFERENCE, 0.0)))
        grey, inside = _halved(grey), _halved(inside)
        scale *= 2.0


def _halved(values: _Grey) -> _Grey:
    return np.asarray(cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _blur_at_this_size(grey: _Grey, inside: Mask, slopes: Callable[[_Grey], _Grey]) -> float:
    """Return the blur of the strongest slopes in pixels of `grey`, that of the slope filter included."""
    reblurred = np.asarray(cv2.GaussianBlur(grey, (0, 0), _REBLUR), np.float32)
    before, after = slopes(grey)[inside > 0.5], slopes(reblurred)[inside > 0.5]
    if not before.size or before.max() <= 0:
        return float("inf")  # a plain patch shows no detail at all
    strongest = before >= np.percentile(before, _EDGES)
    # A slope s / sqrt(blur^2) becomes s / sqrt(blur^2 + reblur^2).
    ratio = float(before[strongest].sum() / max(after[strongest].sum(), 1e-6))
    return _REBLUR / float(np.sqrt(max(ratio**2 - 1.0, 1e-6)))


def _slopes_across(grey: _Grey) -> _Grey:
    return np.abs(np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0), np.float32))


def _slopes_along(grey: _Grey) -> _Grey:
    return np.abs(np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1), np.float32))
