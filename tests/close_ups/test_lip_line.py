"""A close-up of a mouth with a planted hairline around its inside: the line fades, edges and all else stay."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.lip_line import REACH, even_lip_line, plainly_open
from headcast.types import Mask

LIPS, INSIDE, LINE = (200, 120, 115), (120, 90, 85), (40, 25, 25)


def drawn_mouth(line: bool) -> tuple[NDArray[np.float32], Mask]:
    picture, inside = np.full((128, 192, 3), LIPS, np.float32), np.zeros((128, 192), np.float32)
    ellipse = (96, 64), (50, 22), 0, 0, 360
    cv2.ellipse(inside, *ellipse, (1.0,), cv2.FILLED)
    cv2.ellipse(picture, *ellipse, INSIDE, cv2.FILLED)
    if line:
        cv2.ellipse(picture, *ellipse, LINE, 1)
    return picture, inside


def test_a_hairline_along_the_lips_fades() -> None:
    before, inside = drawn_mouth(line=True)
    line, after = (before == LINE).all(2), before.copy()
    even_lip_line(after, inside)
    assert after[line].mean() - np.mean(LINE) > 0.6 * (np.mean(INSIDE) - np.mean(LINE))


def test_the_edge_of_the_lips_stays_an_edge() -> None:
    picture, inside = drawn_mouth(line=False)
    even_lip_line(picture, inside)
    across = picture[64, 40:52].mean(1)  # from the lip at the left into the mouth
    assert np.ptp(across) > 0.95 * (np.mean(LIPS) - np.mean(INSIDE))
    assert np.abs(np.diff(across)).max() > 0.2 * np.ptp(across)


def test_away_from_the_line_nothing_changes() -> None:
    _, inside = drawn_mouth(line=True)
    before = np.random.default_rng(0).uniform(0, 255, (128, 192, 3)).astype(np.float32)
    after = before.copy()
    even_lip_line(after, inside)
    apart = [cv2.distanceTransform(np.uint8(area), cv2.DIST_L2, 5) for area in (inside > 0.5, inside <= 0.5)]
    changed = (np.abs(after - before) > 1e-3).any(2)
    assert changed.any()
    assert np.maximum(*apart)[changed].max() < REACH


def test_closed_lips_stay() -> None:
    before, inside = drawn_mouth(line=True)
    after = before.copy()
    even_lip_line(after, 0 * inside)
    np.testing.assert_array_equal(after, before)


def test_a_slit_keeps_its_dark_line():
    """Lips that all but close must look closed: evened out, the line between them would be a gap."""
    inside = np.zeros((96, 96), np.float32)
    inside[47:50, 20:76] = 1
    colour = np.full((96, 96, 3), 180, np.float32)
    colour[48] = 40
    before = colour.copy()
    even_lip_line(colour, inside)
    np.testing.assert_array_equal(colour, before)
    assert plainly_open(inside > 0.5) == 0 and plainly_open(drawn_mouth(line=False)[1] > 0.5) == 1
