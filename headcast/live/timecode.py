"""A number in, a row of black and white blocks in a picture's upper edge out, and back: a clock that is filmed.

A camera's picture with such a row comes out of a live session with the same row, so who drew the clock can read how
long the picture was on its way, whatever lies between: cameras, networks, browsers, video codecs.
"""

from typing import Final

import numpy as np

from headcast.types import Image

NUM_BITS: Final = 20
_MARK: Final = (1, 0, 1, 1, 0, 0)  # before the number; after it comes its complement's sum, so that chance is no clock
_CHECK_BITS: Final = 6
_NUM_BLOCKS: Final = len(_MARK) + NUM_BITS + _CHECK_BITS
_LEAST_CONTRAST: Final = 60


def draw_code(image: Image, number: int) -> None:
    """Draw a number, 0 to 2 ** NUM_BITS - 1, into the upper edge of a picture at least 128 wide, in place."""
    width = image.shape[1]
    for place, bit in enumerate(_bits(number)):
        image[: _height(width), round(place * width / _NUM_BLOCKS) : round((place + 1) * width / _NUM_BLOCKS)] = (
            255 * bit
        )


def read_code(image: Image) -> int | None:
    """Return the number in a picture's upper edge, None where there is none."""
    height, width = image.shape[:2]
    if width < 4 * _NUM_BLOCKS or height < _height(width):
        return None
    centres = ((np.arange(_NUM_BLOCKS) + 0.5) * width / _NUM_BLOCKS).astype(int)
    middle = _height(width) // 2
    levels = image[middle - 1 : middle + 1, centres].mean(axis=(0, 2))
    dark, bright = float(levels[[1, 4, 5]].mean()), float(levels[[0, 2, 3]].mean())
    if bright - dark < _LEAST_CONTRAST:
        return None
    bits = (levels > (dark + bright) / 2).astype(int).tolist()
    number = int("".join(map(str, bits[len(_MARK) : len(_MARK) + NUM_BITS])), 2)
    return number if bits == _bits(number) else None


def _bits(number: int) -> list[int]:
    value = [int(digit) for digit in f"{number % (1 << NUM_BITS):0{NUM_BITS}b}"]
    check = [int(digit) for digit in f"{(number % (1 << NUM_BITS) * 37 + 11) % (1 << _CHECK_BITS):0{_CHECK_BITS}b}"]
    return [*_MARK, *value, *check]


def _height(width: int) -> int:
    return max(6, width // 32)
