"""A lid with lashes and a crease, drawn: where it has come down the lashes go, crease, brow and grain stay."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.close_ups.lid_skin import DOWN, without_lashes
from headcast.geometry.topology import PAPER_RIGHT_BROW, RIGHT_EYE_UPPER
from headcast.types import Landmarks

SKIN, DARK = (205, 160, 140), (40, 30, 28)
RIM, CREASE, TIPS, BROW = 40, 30, 24, 8  # rows
LASHES = range(24, 64, 5)  # columns
SHUT = -0.15  # eye distances


def landmarks() -> Landmarks:
    there = np.zeros((478, 3), np.float32)
    for line, row in ((RIGHT_EYE_UPPER, RIM), (PAPER_RIGHT_BROW, BROW)):
        there[list(line), 0], there[list(line), 1] = np.linspace(20, 76, len(line)), row
    return there


def lid(lashes: bool, brow: bool = True) -> NDArray[np.float32]:
    picture = np.full((64, 96, 3), SKIN, np.float32)
    picture += np.random.default_rng(0).normal(0, 1, picture.shape).astype(np.float32)
    cv2.line(picture, (14, CREASE), (82, CREASE), DARK, 1)
    if lashes:
        for column in LASHES:
            cv2.line(picture, (column, RIM), (column, TIPS), DARK, 1)
    if brow:
        for column in range(16, 80, 4):
            cv2.line(picture, (column, BROW + 4), (column + 3, BROW - 4), DARK, 1)
    return picture


def cleared(picture: NDArray[np.float32], change: float) -> NDArray[np.float32]:
    picture = picture.copy()
    without_lashes(picture, landmarks(), change)
    return picture


def test_lashes_before_the_skin_of_a_shut_lid_go() -> None:
    left = np.abs(cleared(lid(lashes=True), SHUT) - lid(lashes=False)) / (np.mean(SKIN) - np.mean(DARK))
    for above in (np.s_[TIPS : CREASE - 1, 20:64], np.s_[CREASE + 2 : RIM - 5, 20:64]):
        assert left[above].max() < 0.1


def test_crease_brow_grain_and_stubs_stay() -> None:
    bare = lid(lashes=False)
    np.testing.assert_allclose(cleared(bare, SHUT), bare, atol=1.5)
    stubs = np.s_[RIM - 1 : RIM, list(LASHES)]
    np.testing.assert_array_equal(cleared(lid(lashes=True), SHUT)[stubs], lid(lashes=True)[stubs])


@pytest.mark.parametrize("change", [0.1, 0.0, -DOWN[0]])
def test_a_lid_that_has_not_come_down_keeps_them(change: float) -> None:
    np.testing.assert_array_equal(cleared(lid(lashes=True), change), lid(lashes=True))


def test_they_go_bit_by_bit() -> None:
    lash = [cleared(lid(lashes=True), change)[CREASE - 3, LASHES[3]].mean() for change in np.linspace(0, SHUT, 121)]
    assert np.diff(lash).min() >= 0
    assert np.diff(lash).max() < 0.1 * (lash[-1] - lash[0])
