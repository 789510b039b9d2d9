"""A dark lid that is painted white: it gets no lighter than the skin around it, the eye and other colours stay."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from headcast.close_ups.lid_light import DOWN, MOST, SPARE, no_lighter_than_around
from headcast.types import Image, Mask

SKIN, SHADE, PAINTED, WHITE = (205, 160, 140), (165, 128, 112), (230, 225, 225), (240, 240, 240)
LID, EYE = (48, 26), (48, 40)
CLOSING = -0.1  # eye distances


def carried() -> Image:
    picture = np.full((64, 96, 3), SKIN, np.uint8)
    cv2.ellipse(picture, LID, (20, 8), 0, 0, 360, SHADE, cv2.FILLED)
    cv2.ellipse(picture, EYE, (18, 4), 0, 0, 360, WHITE, cv2.FILLED)
    return picture


def between_lids() -> Mask:
    inside = np.zeros((64, 96), np.float32)
    cv2.ellipse(inside, EYE, (18, 4), 0, 0, 360, (1.0,), cv2.FILLED)
    return inside


def shown(lid: tuple[int, int, int], change: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    picture = carried().astype(np.float32)
    cv2.ellipse(picture, LID, (20, 8), 0, 0, 360, lid, cv2.FILLED)
    before = picture.copy()
    no_lighter_than_around(picture, carried(), between_lids(), change)
    return before, picture


def test_a_white_lid_gets_the_colour_of_the_lightest_skin_around() -> None:
    np.testing.assert_allclose(shown(PAINTED, CLOSING)[1][LID[1], LID[0]], SKIN + SPARE, atol=2)


@pytest.mark.parametrize("change", [-0.03, -0.06])
def test_a_lid_gets_the_less_light_the_less_it_has_come_down(change: float) -> None:
    dark = np.full((64, 96, 3), 60, np.uint8)
    picture = np.full((64, 96, 3), 160, np.float32)
    dark[:, :20] = 200
    no_lighter_than_around(picture, dark, np.zeros((64, 96), np.float32), change)
    assert picture[32, 25].mean() == pytest.approx(60 + MOST[0] - MOST[1] * change, abs=1)


def test_the_white_of_the_eye_and_skin_stay() -> None:
    before, after = shown(PAINTED, CLOSING)
    for row, column in (EYE[::-1], (60, 48), (26, 5)):
        np.testing.assert_allclose(after[row, column], before[row, column], atol=1)


@pytest.mark.parametrize("lid", [(150, 115, 100), SHADE])
def test_a_lid_that_is_darker_than_skin_stays(lid: tuple[int, int, int]) -> None:
    before, after = shown(lid, CLOSING)
    np.testing.assert_allclose(after, before, atol=1)


@pytest.mark.parametrize("change", [0.1, 0.0, -DOWN[0]])
def test_eyes_that_do_not_close_stay(change: float) -> None:
    before, after = shown(PAINTED, change)
    np.testing.assert_array_equal(after, before)


def test_it_changes_bit_by_bit() -> None:
    lid = [shown(PAINTED, change)[1][LID[1], LID[0]].mean() for change in np.linspace(0, CLOSING, 101)]
    assert np.abs(np.diff(lid)).max() < 0.2 * (lid[0] - lid[-1])
