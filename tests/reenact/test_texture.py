"""The blend of network and warp against shares computed by hand."""

import numpy as np
import pytest

from headcast.reenact.runtime import Generated
from headcast.reenact.texture import KEPT, KEPT_BY_THE_MOUTH, MOUTH, VALIDITY, keep_texture
from headcast.types import Conditioning


def blend(validity: float, mouth: bool) -> Generated:
    """A painted frame of 100 over a warped shot of 200, with a mouth in the middle."""
    maps = np.zeros((256, 256, 7), np.float32)
    maps[:, :, VALIDITY] = validity
    if mouth:
        maps[120:136, 110:146, MOUTH] = 1
    conditioning = Conditioning(np.zeros((256, 256, 3), np.uint8), np.full((256, 256, 3), 200, np.uint8), maps)
    return keep_texture(
        Generated(np.full((256, 256, 3), 100, np.uint8), np.full((256, 256), 0.5, np.float32)), conditioning
    )


def test_most_of_the_warp_shows_away_from_the_mouth() -> None:
    result = blend(validity=1.0, mouth=True)
    assert result.image[0, 0, 0] == 100 + 100 * KEPT
    assert result.warp_weight[0, 0] == pytest.approx(0.5 + KEPT * 0.5)


def test_the_network_paints_the_mouth() -> None:
    assert blend(validity=1.0, mouth=True).image[128, 128, 0] == 100 + 100 * KEPT_BY_THE_MOUTH
    maps_invalid = blend(validity=1e-6, mouth=True)
    assert maps_invalid.image[128, 128, 0] == 100
    assert maps_invalid.warp_weight[128, 128] == pytest.approx(0.5, abs=1e-5)


def test_without_a_warp_nothing_is_blended() -> None:
    assert (blend(validity=0.0, mouth=True).image == 100).all()
