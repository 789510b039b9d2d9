"""A picture goes on beyond its end: what is known stays, and what is guessed joins it."""

import numpy as np
import pytest

from headcast.inpainting.network import SIDES
from headcast.reenact.beyond import go_on
from headcast.types import Shot


@pytest.mark.parametrize("side", SIDES)
def test_shoulders_go_on_below_the_photo(shot: Shot, side: int) -> None:
    missing = np.zeros(shot.matte.shape, np.float32)
    missing[-30:] = 1
    spoilt = np.where(missing[:, :, None] > 0, 0, shot.image).astype(np.uint8)
    spoilt[-30:] = spoilt[-31]
    picture = go_on(spoilt, missing, side)
    np.testing.assert_array_equal(picture[:-30], shot.image[:-30])
    assert np.abs(np.diff(picture[-34:-26].astype(float), axis=0)).mean() < 20  # no seam
