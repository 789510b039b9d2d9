"""The coder against what information theory allows, and against bytes that are not its own."""

import random

import numpy as np
import pytest

from headcast.telepresence.entropy import MAX_NUMBER, NUM_LEVELS, cost, decode, encode


def drawn(random_numbers: np.random.Generator, levels: list[int]) -> list[int]:
    """Numbers as large as their levels say."""
    sizes = 2.0 ** ((np.array(levels) - 8) / 4)
    return np.clip(np.rint(random_numbers.laplace(0, sizes)), -MAX_NUMBER, MAX_NUMBER).astype(int).tolist()


def test_numbers_come_back_whatever_they_are_and_whatever_was_expected():
    choose, draw = random.Random(0), np.random.default_rng(0)
    for _ in range(500):
        levels = [choose.randrange(NUM_LEVELS) for _ in range(choose.choice([0, 1, 2, 100]))]
        numbers = drawn(draw, levels)
        for place in range(0, len(numbers), 7):  # far from what the level says
            numbers[place] = choose.choice([-MAX_NUMBER, MAX_NUMBER, 0])
        assert decode(encode(numbers, levels), levels) == numbers


def test_it_takes_hardly_more_bits_than_the_numbers_hold():
    """`cost` is the entropy's own formula; the sum of packets pays for their last bytes."""
    draw = np.random.default_rng(1)
    levels = draw.integers(0, 24, 2000).tolist()
    numbers = drawn(draw, levels)
    bound = cost(np.array(numbers, np.int32), np.array(levels))
    assert bound <= 8 * len(encode(numbers, levels)) <= 1.04 * bound


def test_calm_takes_next_to_nothing():
    assert len(encode([0] * 100, [0] * 100)) <= 4


def test_more_bytes_than_numbers_are_refused():
    content = encode([1, -2, 3], [8, 8, 8])
    with pytest.raises(ValueError, match="there is more in it than the numbers"):
        decode(content + b"\x01\x02\x03\x04\x05", [8, 8, 8])


def test_numbers_that_are_too_large_are_refused():
    full = b"\xff" * 40
    with pytest.raises(ValueError, match=r"a number larger than 4095|there is more"):
        decode(full, [NUM_LEVELS - 1] * 3)
