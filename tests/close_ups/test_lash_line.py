"""A shut eye with a black line where its lids meet: the line gets lighter; open eyes and skin stay."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.close_ups.lash_line import CLOSED, LIGHTER, lighten_lashes
from headcast.types import Mask

SKIN, LASHES = (205, 160, 140), (30, 22, 20)
SIZE = (96, 64)
SHUT = -0.12  # eye distances: what a blink changes


def drawn_eye() -> NDArray[np.float32]:
    picture = np.full((SIZE[1], SIZE[0], 3), SKIN, np.float32)
    cv2.line(picture, (24, 34), (72, 34), LASHES, 2)
    return picture


def opened(half_height: int) -> Mask:
    inside = np.zeros(SIZE[::-1], np.float32)
    if half_height:
        cv2.ellipse(inside, (48, 33), (25, half_height), 0, 0, 360, (1.0,), cv2.FILLED)
    return inside


def lightened(half_height: int, change: float) -> NDArray[np.float32]:
    picture = drawn_eye()
    lighten_lashes(picture, opened(half_height), change)
    return picture


def test_the_line_of_shut_lids_gets_lighter_and_stays_a_line_of_its_skin() -> None:
    before, after = drawn_eye(), lightened(0, SHUT)
    line = (before == LASHES).all(2)
    gain = (after - before)[line].mean() / (np.mean(SKIN) - np.mean(LASHES))
    assert 0.6 * LIGHTER < gain < LIGHTER
    assert after[line].mean() < 0.6 * np.mean(SKIN)
    shares = after[line] / after[line].sum(1, keepdims=True)
    assert shares[:, 0].max() < 1.02 * LASHES[0] / sum(LASHES)  # not redder than the reddest of both


def test_skin_stays() -> None:
    before, after = drawn_eye(), lightened(0, SHUT)
    skin = (before == SKIN).all(2)
    np.testing.assert_allclose(after[skin], before[skin], atol=0.5)


@pytest.mark.parametrize(("half_height", "change"), [(6, SHUT), (0, 0.0), (0, -CLOSED[0]), (6, 0.1)])
def test_open_eyes_and_lids_that_a_photo_shows_shut_stay(half_height: int, change: float) -> None:
    np.testing.assert_array_equal(lightened(half_height, change), drawn_eye())


def test_a_blink_lightens_bit_by_bit() -> None:
    lines = [lightened(0, change)[34, 48].mean() for change in np.linspace(0, SHUT, 61)]
    assert np.diff(lines).min() >= 0
    assert np.diff(lines).max() < 0.15 * (lines[-1] - lines[0])
