"""A square crop in, the person's matte out: 1 on head and body, 0 on the background, soft along hair."""

import threading
from collections.abc import Sequence
from functools import cache
from typing import Final

import cv2
import numpy as np

from headcast.geometry.measures import smoothstep
from headcast.tracking.guided_filter import guided_filter
from headcast.tracking.models import TrackerNetwork
from headcast.types import Image, Mask

_lock: Final = threading.Lock()  # one network for all threads, one image at a time

_SIZE: Final = 256  # of what the network reads

VIEWS: Final = ((0.0, 0.0), (0.1, 0.05))
"""Margins of the image's sides, above and beside: the network is sure of other parts of hats and hair in each."""

NEAR_END: Final = 0.1  # of the side: within a margin the network ends a head that goes on beyond the image

_EDGE_RADIUS: Final = 1 / 85  # of the side: how far the matte may move to meet an edge of the picture
_EDGE_CONTRAST: Final = 0.02  # of white: a weaker edge does not attract the matte
_LOW, _HIGH = 0.3, 0.8  # certainties shown as 0 and 1


def person_matte(image: Image) -> Mask:
    """Return the matte of the largest person, at the image's size; ValueError for a wrong array.

    Best on a head crop (`head_crop`); all zero where nobody is seen. The network is asked in VIEWS, and in mirrors.
    """
    as_it_is, *_ = asked = [_asked(image, view, (False, True)) for view in VIEWS]
    likely = np.asarray(np.mean(asked, axis=0), np.float32)
    return _refined(image, likely + _near_end(image.shape) * np.maximum(as_it_is - likely, 0))


def frame_matte(image: Image) -> Mask:
    """Return the same of one asking: a quarter of the time, for clips of many frames."""
    return _refined(image, _asked(image, VIEWS[0], (False,)))


def _asked(image: Image, view: tuple[float, float], mirrored: Sequence[bool]) -> Mask:
    """Return how likely (H, W) each pixel is the person's; ValueError for a wrong array."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"an image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
    return np.asarray(np.mean([_likely(image, view, mirror) for mirror in mirrored], axis=0), np.float32)


def _near_end(shape: tuple[int, ...]) -> Mask:
    """Return 1 (H, W) at the upper end and the sides of an image, falling to 0 away from them."""
    rows, columns = np.arange(shape[0]), np.arange(shape[1])
    distance = np.minimum.outer(rows, np.minimum(columns, columns[::-1])) / shape[0]
    return np.asarray(1 - smoothstep(distance, 0, NEAR_END), np.float32)


def _refined(image: Image, likely: Mask) -> Mask:
    """Return the largest part of what is likely (H, W) the person's, its edge where the image has one."""
    radius = max(round(_EDGE_RADIUS * len(image)), 1)
    refined = guided_filter(image, _largest_part(np.clip(likely, 0, 1)), radius, _EDGE_CONTRAST)
    return np.asarray(np.clip((refined - _LOW) / (_HIGH - _LOW), 0.0, 1.0), np.float32)


def _likely(image: Image, view: tuple[float, float], mirrored: bool) -> Mask:
    """Return what the network says of an image (H, W, 3) with a margin of its border's colours, or of its mirror."""
    height, width = image.shape[:2]
    above, beside = round(view[0] * height), round(view[1] * width)
    wider = cv2.copyMakeBorder(image, above, 0, beside, beside, cv2.BORDER_REPLICATE)
    way = slice(None, None, -1 if mirrored else 1)
    with _lock:
        (mask,) = _network()(_reduced(np.ascontiguousarray(wider[:, way])))
        mask = np.ascontiguousarray(mask[:, way])
    likely = cv2.resize(mask, wider.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(likely[above:, beside : beside + width], np.float32)


@cache
def _network() -> TrackerNetwork:
    return TrackerNetwork("person_matte")


def _reduced(image: Image) -> Image:
    """Read the image at the network's size as MediaPipe does: bilinear, from the outer edge, sides squeezed."""
    scale = np.array([[image.shape[1] / _SIZE, 0, 0], [0, image.shape[0] / _SIZE, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, scale, (_SIZE, _SIZE), flags=flags), np.uint8)


def _largest_part(likely: Mask) -> Mask:
    """Drop what is not connected with the largest part, with a margin for the soft edge; fill its holes."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((likely > 0.5).astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(likely)
    person = (labels == 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    outline, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(person), list(outline), -1, (1,), cv2.FILLED)
    margin = max(round(2 * _EDGE_RADIUS * len(likely)), 1)
    near = cv2.dilate(filled, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    holes = (filled > 0) & (person == 0)
    return np.where(holes, np.float32(1.0), likely * near).astype(np.float32)
