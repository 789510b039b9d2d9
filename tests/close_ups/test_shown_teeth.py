"""A photo's teeth that a network broke: their fine detail comes back, what the network changed of light stays."""

import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.shown_teeth import SHARE, keep_shown_teeth
from headcast.types import Image, Mask

SHAPE = (64, 112)


def photo_of_teeth() -> Image:
    """Bright teeth with dark gaps, six pixels apart."""
    teeth = np.full((*SHAPE, 3), 200, np.uint8)
    teeth[:, ::6] = 90
    return teeth


def maps() -> tuple[Mask, Mask]:
    """What a photo shows, all but the right third; and the opening."""
    shown, inside = np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    shown[:, 75:] = 0
    inside[10:54, 8:104] = 1
    return shown, inside


def kept(painted: NDArray[np.float32]) -> NDArray[np.float32]:
    result = painted.copy()
    keep_shown_teeth(result, photo_of_teeth(), *maps())
    return result


def test_gaps_between_teeth_that_the_network_lost_come_back() -> None:
    flat = np.full((*SHAPE, 3), 180, np.float32)
    row = kept(flat)[32, 20:65, 0]
    columns = np.arange(20, 65)
    contrast = row[columns % 6 == 3].mean() - row[columns % 6 == 0].mean()
    assert 0.9 * SHARE * 110 < contrast < 1.1 * SHARE * 110


def test_light_that_the_network_changed_stays_changed() -> None:
    darker = 0.5 * photo_of_teeth().astype(np.float32)
    assert abs(kept(darker)[25:40, 24:60].mean() - darker[25:40, 24:60].mean()) < 3


def test_what_no_photo_shows_and_lips_stay_painted() -> None:
    painted = np.random.default_rng(0).uniform(0, 255, (*SHAPE, 3)).astype(np.float32)
    shown, inside = maps()
    changed = (kept(painted) != painted).any(2)
    assert changed[20:40, 20:60].all()
    assert not changed[(inside == 0) | (shown == 0)].any()


def test_a_mouth_that_no_photo_shows_is_left_alone() -> None:
    painted = np.random.default_rng(0).uniform(0, 255, (*SHAPE, 3)).astype(np.float32)
    after = painted.copy()
    keep_shown_teeth(after, photo_of_teeth(), np.zeros(SHAPE, np.float32), maps()[1])
    np.testing.assert_array_equal(after, painted)
