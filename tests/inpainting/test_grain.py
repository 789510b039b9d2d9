"""Grain of a photo in what was filled: as strong as beside it, none on clean walls, and structure is none."""

import numpy as np

from headcast.inpainting.fill import fill_hidden
from headcast.inpainting.grain import add_grain

MISSING = np.zeros((200, 200), np.bool_)
MISSING[40:, 60:150] = True
RIM = np.zeros_like(MISSING)
RIM[50:190, 70:140] = True


def grainy(strength: float, seed: int = 0) -> np.ndarray:
    wall = np.random.default_rng(seed).normal((90, 120, 150), strength, (200, 200, 3))
    return np.clip(wall + 0.5, 0, 255).astype(np.uint8)


def test_a_filled_wall_is_as_grainy_as_the_wall_beside_it() -> None:
    image = grainy(6)
    filled = fill_hidden(image, MISSING.astype(np.float32))
    np.testing.assert_array_equal(filled[~MISSING], image[~MISSING])
    for channel in range(3):
        inside, beside = (filled[where][:, channel].astype(float).std() for where in (RIM, ~MISSING))
        assert 0.75 < inside / beside < 1.15


def test_what_has_its_grain_and_what_is_clean_stay() -> None:
    for image in (grainy(6), np.full((200, 200, 3), 120, np.uint8)):
        kept = image.copy()
        add_grain(kept, MISSING)
        assert np.abs(kept.astype(float) - image).mean() < 0.5


def test_a_pattern_beside_a_clean_fill_is_no_grain() -> None:
    """Bricks of any size next to an even part: the calm of some of them says that they are none."""
    rows, columns = np.indices((200, 200))
    image = np.full((200, 200, 3), 150, np.uint8)
    image[(rows % 40 < 2) | ((columns + 20 * (rows // 40 % 2)) % 50 < 2)] = 60
    image[MISSING] = 150
    kept = image.copy()
    add_grain(kept, MISSING)
    np.testing.assert_array_equal(kept, image)


def test_the_same_photo_gets_the_same_grain() -> None:
    hidden = MISSING.astype(np.float32)
    np.testing.assert_array_equal(fill_hidden(grainy(6), hidden), fill_hidden(grainy(6), hidden))
