"""Pictures as video stores them, a plane of brightness and two smaller ones of colour: made of RGB, and read as RGB.

OpenCV's loops take a third of swscale's time, and of a decoded frame only what is asked for becomes RGB.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from headcast.types import Image

Plane = NDArray[np.uint8]
Standard = tuple[float, float]
"""Shares of red and blue in brightness."""

LIMITED, FULL = "yuv420p", "yuvj420p"  # colour at half the size; of 255 levels all with the j
FULL_RANGE: Final = 2  # FFmpeg's number of the same
BT709, BT601 = (0.2126, 0.0722), (0.299, 0.114)
STANDARDS: Final = {1: BT709, 5: BT601, 6: BT601}  # by FFmpeg's numbers
UNSPECIFIED: Final = 2
FROM_COLOUR: Final = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
"""From colour's pixels to those of brightness: MPEG puts them level with every other column, between two rows."""
ROUNDED_UP: Final = 1 / 8  # levels that the mean of four whole numbers is too large, on average


@dataclass(frozen=True)
class Planes:
    """A decoded video frame, of which parts can be read as RGB; `whole` makes an image of all of it.

    `brightness` is (H, W), `colours` are two of (H/2, W/2); `to_rgb` (3, 4) makes RGB of what stands in all three.
    """

    brightness: Plane
    colours: tuple[Plane, Plane]
    to_rgb: NDArray[np.float32]
    whole: Callable[[], Image]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the whole image: (H, W, 3)."""
        return (*self.brightness.shape, 3)

    def read(self, to_patch: NDArray[np.float64], size: int, border: int) -> Image:
        """Return a patch (size, size, 3), by a homography (3, 3) from the image's pixels to the patch's.

        `border` is OpenCV's way to go on beyond the image; a constant is black.
        """
        bright = cv2.warpPerspective(self.brightness, to_patch, (size, size), borderMode=border, borderValue=(0.0,))
        coloured = [
            cv2.warpPerspective(plane, to_patch @ FROM_COLOUR, (size, size), borderMode=border, borderValue=(128.0,))
            for plane in self.colours
        ]
        return np.asarray(cv2.transform(cv2.merge([bright, *coloured]), self.to_rgb), np.uint8)


Picture = Image | Planes


def whole(picture: Picture) -> Image:
    """Return all of a picture."""
    return picture.whole() if isinstance(picture, Planes) else picture


def planes_of(frame: VideoFrame, guess: Standard, whole: Callable[[], Image]) -> Planes | None:
    """Return a decoded frame's planes, of one that does not state its standard by the `guess`.

    None where it stands in a format that is not known here.
    """
    standard = STANDARDS.get(int(frame.colorspace), guess if frame.colorspace == UNSPECIFIED else None)
    if standard is None or frame.format.name not in (LIMITED, FULL):
        return None
    full = frame.format.name == FULL or frame.color_range == FULL_RANGE
    brightness, blue, red = views(frame)
    return Planes(brightness, (blue, red), _to_rgb(standard, full), whole)


def to_planes(image: Image) -> VideoFrame:
    """Return an image (H, W, 3) of even sides as yuv420p: BT.709, limited range, what players expect of H.264.

    No level of brightness is off by more than 1 of 255, none of the three on average.
    """
    height, width = image.shape[:2]
    fine = cv2.transform(image, _to_yuv(BT709))
    coarse = cv2.resize(fine, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    frame = VideoFrame(width, height, LIMITED)
    for channel, (plane, source) in enumerate(zip(views(frame), (fine, coarse, coarse), strict=True)):
        cv2.extractChannel(source, channel, plane)
    return frame


def views(frame: VideoFrame) -> list[Plane]:
    """Return a frame's planes, each (H, W) uint8, without the bytes that pad their rows; they share its memory."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


@cache
def _to_rgb(standard: Standard, full: bool) -> NDArray[np.float32]:
    linear, offset = _from_rgb(standard, full)
    back = np.linalg.inv(linear)
    return np.column_stack([back, -back @ offset]).astype(np.float32)


@cache
def _to_yuv(standard: Standard) -> NDArray[np.float32]:
    linear, offset = _from_rgb(standard, full=False)
    return np.column_stack([linear, offset - (0, ROUNDED_UP, ROUNDED_UP)]).astype(np.float32)


def _from_rgb(standard: Standard, full: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrix (3, 3) and the offset (3,) from red, green and blue to brightness and the two of colour."""
    red, blue = standard
    brightness = np.array([red, 1 - red - blue, blue])
    colours = [(np.eye(3)[channel] - brightness) / (2 - 2 * brightness[channel]) for channel in (2, 0)]
    levels = np.array([255, 255, 255] if full else [219, 224, 224]) / 255
    return levels[:, None] * [brightness, *colours], np.array([0 if full else 16, 128, 128])
