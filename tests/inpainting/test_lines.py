"""Straight edges behind a person: those that come out again, and the corners of frames; no others."""

import cv2
import numpy as np
import pytest

from headcast.inpainting.fill import SIDE, fill_hidden
from headcast.inpainting.lines import draw_lines

WALL, DARK = (200, 190, 170), (40, 35, 60)


def oval(size: int) -> np.ndarray:
    hidden = np.zeros((size, size), np.uint8)
    cv2.ellipse(hidden, (size // 2, size * 9 // 16), (size // 4, size * 3 // 8), 0, 0, 360, 1, -1)
    return hidden


KNOWN = oval(SIDE) == 0


def wall() -> np.ndarray:
    return np.full((SIDE, SIDE, 3), WALL, np.float32)


@pytest.mark.parametrize("slope", [-0.3, 0.0, 0.2])
def test_an_edge_that_comes_out_again_goes_straight_through(slope: float) -> None:
    rows, columns = np.indices((SIDE, SIDE))
    beam = np.abs(rows - 260 - slope * (columns - 256)) < 40
    true = np.where(beam[:, :, None], np.float32(DARK), wall())
    drawn, sure = draw_lines(np.where(KNOWN[:, :, None], true, 120).astype(np.float32), KNOWN)
    new = sure & ~KNOWN
    assert new.any(0)[150:360].all()
    assert np.abs(drawn - true)[new].mean() < 10
    np.testing.assert_array_equal(drawn[KNOWN], true[KNOWN])


def test_a_moulding_is_drawn_whole_and_a_wall_is_not() -> None:
    true = wall()
    true[240:260] = DARK
    drawn, sure = draw_lines(np.where(KNOWN[:, :, None], true, 120).astype(np.float32), KNOWN)
    assert sure[238:262].all()
    np.testing.assert_allclose(drawn[243:257], true[243:257], atol=3)
    new = sure & ~KNOWN
    assert not new[:225].any() and not new[275:].any()


def test_two_edges_between_the_same_colours_meet_in_a_corner() -> None:
    true = wall()
    true[:220, 180:] = DARK  # a picture's lower left corner
    drawn, sure = draw_lines(np.where(KNOWN[:, :, None], true, 120).astype(np.float32), KNOWN)
    new = sure & ~KNOWN
    assert new[215:225, 190:320].any(0).all()
    assert new[150:210, 175:185].any(1).all()
    assert not new[230:].any()
    assert np.abs(drawn - true)[new].mean() < 10


def test_edges_of_other_colours_and_curves_do_not_meet() -> None:
    apart = wall()
    apart[200:240, :256], apart[200:240, 256:] = DARK, (250, 60, 40)
    arch = wall()
    cv2.circle(arch, (256, 300), 170, DARK, 30)
    even = wall()
    for picture in (apart, arch, even):
        np.testing.assert_array_equal(draw_lines(picture, KNOWN)[1], KNOWN)


@pytest.mark.parametrize("slat", [6, 14])
def test_blinds_go_on_and_what_another_edge_has_drawn_is_drawn_once(slat: int) -> None:
    rows = np.indices((SIDE, SIDE))[0]
    true = np.where((rows // slat % 2 == 0)[:, :, None], np.float32(DARK), wall())
    drawn, sure = draw_lines(np.where(KNOWN[:, :, None], true, 120).astype(np.float32), KNOWN)
    np.testing.assert_array_equal(drawn[KNOWN], true[KNOWN])
    new = sure & ~KNOWN
    assert new[150:400].any(1).mean() > 0.5
    assert np.abs(drawn - true)[new].mean() < 25


def test_a_frame_ends_at_its_corner_behind_the_person() -> None:
    """The network alone lets one of the frame's bars go on down the wall."""
    image = np.full((256, 256, 3), WALL, np.uint8)
    image[:60, 70:], image[:50, 80:] = DARK, (240, 240, 245)
    hidden = oval(256)
    hidden[20:140, 60:190] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden.astype(np.float32))
    assert np.abs(filled.astype(float) - image)[:56].mean() < 8
    assert np.abs(filled.astype(float) - image)[70:].max(2).mean() < 8
