"""Lettering on an even ground: half letters do not go on as no letters; lines do, and uneven grounds have none."""

import cv2
import numpy as np

from headcast.inpainting.fill import fill_hidden
from headcast.inpainting.lettering import find_lettering

BLUE = (10, 90, 210)
HIDDEN = np.zeros((256, 256), np.float32)
HIDDEN[30:, 80:190] = 1
STROKES = ((200, 40, 236, 52), (180, 70, 210, 84), (170, 100, 200, 106), (206, 96, 214, 128), (60, 60, 90, 76))


def sign() -> np.ndarray:
    """Strokes of white letters, most of which end behind the person, on a blue wall with some grain."""
    random = np.random.default_rng(0)
    image = np.clip(random.normal(BLUE, 3, (256, 256, 3)), 0, 255).astype(np.uint8)
    for left, top, right, bottom in STROKES:
        image[top:bottom, left:right] = (245, 245, 250)
    return image


def test_half_a_letter_does_not_go_on_and_what_is_seen_stays() -> None:
    image = sign()
    filled = fill_hidden(image, HIDDEN)
    np.testing.assert_array_equal(filled[HIDDEN == 0], image[HIDDEN == 0])
    away = cv2.erode(HIDDEN, np.ones((9, 9), np.uint8)) > 0
    assert np.abs(filled[away].astype(float) - BLUE).max() < 20


def test_strokes_are_found_and_the_ground_is_not() -> None:
    known = HIDDEN == 0
    found = find_lettering(sign().astype(np.float32), known)
    strokes = np.zeros((256, 256), np.uint8)
    for left, top, right, bottom in STROKES:
        strokes[top:bottom, left:right] = 1
    assert found[(strokes > 0) & known].all()
    assert not found[cv2.dilate(strokes, np.ones((15, 15), np.uint8)) == 0].any()


def test_a_line_that_comes_in_from_the_border_is_none() -> None:
    image = sign()
    image[150:156] = (245, 245, 250)
    found = find_lettering(image.astype(np.float32), HIDDEN == 0)
    assert not found[148:158].any()
    assert found[40:52, 200:236].all()


def test_before_an_uneven_ground_nothing_is_lettering() -> None:
    random = np.random.default_rng(0)
    bricks = cv2.resize(random.integers(0, 255, (16, 16, 3), np.uint8), (256, 256), interpolation=cv2.INTER_NEAREST)
    assert not find_lettering(bricks.astype(np.float32), HIDDEN == 0).any()
