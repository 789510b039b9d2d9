"""A built-in photo that sways before a camera: what stands for a person where nobody can sit there."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from headcast.media.portraits import read_portrait
from headcast.media.writer import VideoWriter
from headcast.types import Image

SIZE = (320, 240)
RATE = 25


def moving_photo(count: int) -> Iterator[Image]:
    """Yield pictures of SIZE: the portrait turns by some degrees and shifts by some pixels, still at first."""
    photo = np.asarray(read_portrait("astronaut"))
    for number in range(count):
        phase = 2 * np.pi * max(0, number - 20) / 50
        place = cv2.getRotationMatrix2D((224.0, 120.0), 6 * float(np.sin(phase)), 0.75)
        place[:, 2] += np.array([160.0, 110.0]) - (224.0, 120.0) + (12 * np.sin(phase / 2), 5 * np.sin(phase))
        yield np.asarray(cv2.warpAffine(photo, place, SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def write_moving_photo(path: Path, count: int, rate: int = RATE) -> Path:
    """Write them as a video."""
    with VideoWriter(path, SIZE, Fraction(rate)) as writer:
        for picture in moving_photo(count):
            writer.write(picture)
    return path
