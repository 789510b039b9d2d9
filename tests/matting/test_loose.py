import cv2
import numpy as np
import pytest

from headcast.matting.fine_matte import fine_matte
from headcast.matting.loose import find_loose_hair

SIDE = 256
WALL, HAIR = np.float32([150, 160, 175]), np.float32([45, 30, 25])


@pytest.fixture(scope="module")
def head():
    """A disc of hair, soft along its edge."""
    matte = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(matte, (128, 128), 60, 1, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(matte, (0, 0), 1)


def strands(head, *, length=18, width=2):
    """How much of each pixel is hair (H, W): the head and locks that leave it, in half pixels' blur."""
    matte = head.copy()
    for angle in np.radians([20, 65, 160, 200, 300]):
        way = np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(np.rint(128 + radius * way).astype(int).tolist()) for radius in (50, 60 + length)]
        cv2.line(matte, *ends, 1, width, cv2.LINE_AA)
    return np.maximum(cv2.GaussianBlur(matte, (0, 0), 0.6), head)


def picture(share, wall=WALL, seed=0):
    mixed = share[:, :, None] * HAIR + (1 - share[:, :, None]) * wall
    return np.clip(mixed + np.random.default_rng(seed).normal(0, 1.5, mixed.shape), 0, 255).astype(np.uint8)


def test_locks_before_an_even_wall_are_found_by_their_share_of_each_pixel(head):
    share = strands(head)
    loose = find_loose_hair(picture(share), head)
    beyond = head < 0.02
    locks, bare = beyond & (share > 0.8), beyond & (share < 0.02)
    assert locks.sum() > 100 and loose[locks].mean() > 0.95
    assert loose[bare].max() < 0.2 and loose[bare].mean() < 0.001
    assert np.abs(np.maximum(loose, head) - share)[beyond].mean() < 0.01


def test_a_wall_that_darkens_evenly_is_no_hair(head):
    darker = WALL * np.linspace(0.4, 1.2, SIDE, dtype=np.float32)[:, None, None]
    assert find_loose_hair(picture(head, darker), head)[head < 0.02].max() == 0


def test_what_goes_on_beyond_is_something_else(head):
    share = np.maximum(strands(head, length=60, width=4), head)
    assert find_loose_hair(picture(share), head)[head < 0.02].max() == 0


def test_before_an_uneven_wall_nothing_is_taken(head):
    squares = np.kron(np.indices((32, 32)).sum(0) % 2, np.ones((8, 8)))[:, :, None] * 60
    assert find_loose_hair(picture(strands(head), WALL - squares), head).max() == 0


def test_what_is_unlike_the_person_too_is_not_taken(head):
    share = strands(head)
    red = share[:, :, None] * np.float32([230, 40, 40]) + (1 - share[:, :, None]) * WALL
    dark = head[:, :, None] > 0.5
    image = np.clip(np.where(dark, HAIR, red), 0, 255).astype(np.uint8)
    assert find_loose_hair(image, head)[(head < 0.02) & (share > 0.5)].max() < 0.05


def test_a_lock_has_no_gap_where_the_rough_matte_ended(head):
    share = strands(head, width=4)
    fine = fine_matte(picture(share), head)
    along = cv2.erode(share, np.ones((3, 3))) > 0.95
    assert fine[along].min() > 0.9


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_picture_without_person_or_without_wall_has_none(value):
    matte = np.full((64, 64), value, np.float32)
    assert not find_loose_hair(np.full((64, 64, 3), 90, np.uint8), matte).any()
