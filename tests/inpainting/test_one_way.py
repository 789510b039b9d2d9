"""Folds, blinds and bands that go on behind a person, and what does not run one way."""

import cv2
import numpy as np
import pytest

from headcast.inpainting.fill import SIDE
from headcast.inpainting.one_way import go_on_one_way

HEAD = np.zeros((SIDE, SIDE), np.uint8)
cv2.ellipse(HEAD, (256, 300), (130, 190), 0, 0, 360, 1, -1)
HEAD[430:, 60:460] = 1  # shoulders, down to the picture's end
KNOWN = HEAD == 0
COLOUR = np.array([1.0, 0.9, 0.8])


def folds(angle: float) -> np.ndarray:
    """Return a picture (SIDE, SIDE, 3) of soft folds, no two alike; at 0 degrees they hang straight down."""
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    across = columns * np.cos(np.radians(angle)) + rows * np.sin(np.radians(angle))
    light = 140 + 25 * np.cos(across / 9) + 20 * np.cos(across / 14 + 1)
    return (light[:, :, None] * COLOUR).astype(np.float32)


def behind_head(picture: np.ndarray) -> np.ndarray | None:
    return go_on_one_way(np.where(KNOWN[:, :, None], picture, 90).astype(np.float32), KNOWN, 0.6)


@pytest.mark.parametrize("angle", [0.0, 8.0, -30.0, 60.0, 90.0])
def test_folds_go_on_where_they_were(angle: float) -> None:
    true = folds(angle)
    told = behind_head(true)
    assert told is not None
    np.testing.assert_array_equal(told[KNOWN], true[KNOWN])
    tellable = ~KNOWN & (cv2.distanceTransform(HEAD, cv2.DIST_L2, 5) < 60)
    assert np.abs(told - true)[tellable].mean() < 6  # smooth colours are 18 levels away


def test_light_that_changes_along_the_folds_leaves_no_seam() -> None:
    rows = np.indices((SIDE, SIDE))[0][:, :, None]
    true = folds(0.0) + rows * np.float32(0.08) + np.random.default_rng(0).normal(0, 3, (SIDE, SIDE, 3))
    told = behind_head(true.astype(np.float32))
    assert told is not None
    rim = cv2.dilate(HEAD, np.ones((3, 3), np.uint8)) - HEAD > 0
    inside = HEAD - cv2.erode(HEAD, np.ones((3, 3), np.uint8)) > 0
    near = np.s_[100:420]
    assert abs(told[near][inside[near]].mean() - told[near][rim[near]].mean()) < 2


def test_tiles_and_folds_that_end_beside_the_head_do_not_run_one_way() -> None:
    tiles = np.minimum(folds(0.0), folds(90.0))
    assert behind_head(tiles) is None
    ending = folds(0.0)
    ending[250:] = 190 * COLOUR - (ending[250:] - 140 * COLOUR)
    assert behind_head(ending.astype(np.float32)) is None


def test_nothing_that_is_clear_of_the_hidden_tells_nothing() -> None:
    known = np.zeros((SIDE, SIDE), bool)
    known[:4] = True
    assert go_on_one_way(folds(0.0), known, 0.6) is None
