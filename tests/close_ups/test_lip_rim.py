"""A painted mouth with a planted red line along its lips: the line takes the colours around it, all else stays."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.lip_rim import FADES, REACH, brightness, colour_rim_as_around
from headcast.types import Mask

SKIN, TEETH, RED = (210, 125, 122), (190, 180, 172), (200, 80, 84)
FAR = REACH + FADES // 2 + 1  # pixels: beyond, nothing may change
SIZE = (192, 128)


def drawn_mouth(line: tuple[int, int, int], width: int) -> tuple[NDArray[np.float32], Mask]:
    """Lips around teeth with a line of so many pixels along the rim; and where the mouth is open."""
    picture, inside = np.full((SIZE[1], SIZE[0], 3), SKIN, np.float32), np.zeros(SIZE[::-1], np.float32)
    ellipse = (96, 64), (50, 22), 0, 0, 360
    cv2.ellipse(inside, *ellipse, (1.0,), cv2.FILLED)
    cv2.ellipse(picture, *ellipse, TEETH, cv2.FILLED)
    if width:
        cv2.ellipse(picture, *ellipse, line, width)
    return picture, inside


def distance_to_rim(inside: Mask) -> NDArray[np.float32]:
    apart = [cv2.distanceTransform(np.uint8(area), cv2.DIST_L2, 5) for area in (inside > 0.5, inside <= 0.5)]
    return np.asarray(np.maximum(*apart), np.float32)


def redness(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(picture[:, :, 0] / brightness(picture), np.float32)


def test_a_red_line_along_the_lips_takes_the_colours_around_it() -> None:
    before, inside = drawn_mouth(RED, 2)
    after = before.copy()
    colour_rim_as_around(after, inside)
    line = (before == RED).all(2)
    usual = redness(drawn_mouth(RED, 0)[0])[line].max()  # of lips without a line
    assert redness(before)[line].min() > 1.15 * usual
    assert redness(after)[line].max() < 1.08 * usual
    np.testing.assert_allclose(brightness(after), brightness(before), atol=1.5)  # a dark rim stays dark


def test_away_from_the_rim_nothing_changes() -> None:
    random = np.random.default_rng(0)
    _, inside = drawn_mouth(RED, 2)
    before = random.uniform(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    after = before.copy()
    colour_rim_as_around(after, inside)
    changed = np.abs(after - before).max(2) > 1e-3
    apart = distance_to_rim(inside)
    assert changed[apart < REACH - 1].mean() > 0.9
    assert not changed[apart > FAR + 1].any()


def test_closed_lips_stay() -> None:
    before, inside = drawn_mouth(RED, 2)
    after = before.copy()
    colour_rim_as_around(after, 0 * inside)
    np.testing.assert_array_equal(after, before)


def test_one_colour_alone_stays() -> None:
    _, inside = drawn_mouth(RED, 2)
    before = np.full((SIZE[1], SIZE[0], 3), SKIN, np.float32)
    after = before.copy()
    colour_rim_as_around(after, inside)
    np.testing.assert_allclose(after, before, atol=0.05)
