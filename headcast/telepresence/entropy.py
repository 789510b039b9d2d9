"""Small whole numbers in, as few bytes as their usual sizes allow out, and back.

A binary range coder with fixed tables (the coder of LZMA, whose arithmetic is whole numbers only, so that two machines
agree). Nothing is learned from packet to packet: a lost one must not make the next unreadable, which is why no
library's adaptive coder serves. How large the numbers are is told by *levels*, one for each number.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

NUM_LEVELS: Final = 40
"""Level L is a Laplace distribution of mean size 2 ** ((L - 8) / 4): each level is a quarter octave."""

MAX_NUMBER: Final = 4095
"""The largest number, either sign, that is coded."""

_ONE: Final = 1 << 12  # probabilities are so many parts
_TOP: Final = 1 << 24
_MOST_STEPS: Final = 20  # of a number that are counted one by one; larger ones are written in full
_FULL_BITS: Final = 12
_EVEN: Final = _ONE // 2


def _size(level: int) -> float:
    return float(2.0 ** ((level - 8) / 4))


def _tables() -> tuple[tuple[int, int, int], ...]:
    """For each level: the chance of a zero, of a further step, and the low bits that are written as they are."""
    table = []
    for level in range(NUM_LEVELS):
        size = _size(level)
        low_bits = max(0, math.floor(math.log2(size)))
        chances = (1 - math.exp(-0.5 / size), math.exp(-(2**low_bits) / size))
        zero, more = (min(max(round(_ONE * chance), 32), _ONE - 32) for chance in chances)
        table.append((zero, more, low_bits))
    return tuple(table)


_LEVELS: Final = _tables()


def cost(numbers: Numbers, levels: NDArray[np.int64]) -> float:
    """About how many bits the numbers take, by the distribution itself."""
    size = 2.0 ** ((levels - 8) / 4)
    zero = 1 - np.exp(-0.5 / size)
    other = np.log2(1 - zero) - 1 + np.log2(1 - np.exp(-1 / size)) - (np.abs(numbers) - 1) / size / np.log(2)
    return float(-np.where(numbers == 0, np.log2(zero), other).sum())


def encode(numbers: Sequence[int], levels: Sequence[int]) -> bytes:
    """Write whole numbers of at most MAX_NUMBER, each with its level."""
    writer = _Writer()
    for number, level in zip(numbers, levels, strict=True):
        zero, more, low_bits = _LEVELS[level]
        writer.bit(zero, number != 0)
        if number == 0:
            continue
        writer.bits(number < 0, 1)
        rest = abs(number) - 1
        steps = rest >> low_bits
        for _ in range(min(steps, _MOST_STEPS)):
            writer.bit(_ONE - more, True)
        if steps >= _MOST_STEPS:
            writer.bits(rest, _FULL_BITS)
            continue
        writer.bit(_ONE - more, False)
        writer.bits(rest & ((1 << low_bits) - 1), low_bits)
    return writer.finish()


def decode(content: bytes, levels: Sequence[int]) -> list[int]:
    """Read as many numbers as there are levels; ValueError for bytes that are too few, too many or no such numbers."""
    reader = _Reader(content)
    numbers = [_number(reader, *_LEVELS[level]) for level in levels]
    reader.finish()
    return numbers


def _number(reader: "_Reader", zero: int, more: int, low_bits: int) -> int:
    if not reader.bit(zero):
        return 0
    sign = -1 if reader.bits(1) else 1
    steps = 0
    while steps < _MOST_STEPS and reader.bit(_ONE - more):
        steps += 1
    rest = reader.bits(_FULL_BITS) if steps == _MOST_STEPS else (steps << low_bits) + reader.bits(low_bits)
    if rest >= MAX_NUMBER:
        raise ValueError(f"it holds a number larger than {MAX_NUMBER}")
    return sign * (rest + 1)


class _Writer:
    """The encoder's side: a carry may still ripple through the bytes that wait."""

    def __init__(self) -> None:
        self._low, self._range = 0, 0xFFFFFFFF
        self._content = bytearray()
        self._held, self._num_waiting = 0, 0  # a byte that a carry may raise, and 0xFF bytes behind it
        self._has_held = False

    def bit(self, chance_of_no: int, bit: bool) -> None:
        bound = (self._range >> 12) * chance_of_no
        if bit:
            self._low += bound
            self._range -= bound
        else:
            self._range = bound
        while self._range < _TOP:
            self._range <<= 8
            self._shift()

    def bits(self, value: int, num_bits: int) -> None:
        for place in range(num_bits - 1, -1, -1):
            self.bit(_EVEN, bool(value >> place & 1))

    def finish(self) -> bytes:
        """Return the bytes; the reader takes zeros for those behind the last, so zeros at the end are left out."""
        # Of the numbers within the range, take the one with the most zeros at its end.
        for num_zeros in (24, 16, 8, 0):
            step = 1 << num_zeros
            rounded = (self._low + step - 1) & ~(step - 1)
            if rounded < self._low + self._range:
                self._low = rounded
                break
        for _ in range(5):
            self._shift()
        return bytes(self._content).rstrip(b"\0")

    def _shift(self) -> None:
        carry, top = self._low >> 32, (self._low >> 24) & 0xFF
        if top != 0xFF or carry:
            if self._has_held:
                self._content.append((self._held + carry) & 0xFF)
            self._content.extend(bytes([(0xFF + carry) & 0xFF]) * self._num_waiting)
            self._held, self._num_waiting, self._has_held = top, 0, True
        else:
            self._num_waiting += 1
        self._low = (self._low << 8) & 0xFFFFFFFF


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0
        self._range, self._code = 0xFFFFFFFF, 0
        for _ in range(4):
            self._code = self._code << 8 | self._next()

    def _next(self) -> int:
        place = self._place
        self._place += 1
        return self._content[place] if place < len(self._content) else 0

    def bit(self, chance_of_no: int) -> bool:
        bound = (self._range >> 12) * chance_of_no
        bit = self._code >= bound
        if bit:
            self._code -= bound
            self._range -= bound
        else:
            self._range = bound
        while self._range < _TOP:
            self._range <<= 8
            self._code = (self._code << 8 | self._next()) & 0xFFFFFFFF
        return bit

    def bits(self, num_bits: int) -> int:
        value = 0
        for _ in range(num_bits):
            value = value << 1 | self.bit(_EVEN)
        return value

    def finish(self) -> None:
        if self._place < len(self._content):
            raise ValueError("there is more in it than the numbers")
