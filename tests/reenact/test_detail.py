"""What a photo has more than its shot, kept in bytes, against the numbers themselves."""

import numpy as np
import pytest

from headcast.reenact.detail import Detail
from headcast.warping.sampling import pixel_places

SIZE = 40


def added(
    colour: np.ndarray, matte: np.ndarray, shift: float = 0.0, shown: int = 255, weight: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """What is added to grey pixels and a matte of a half at places that are shifted to the right."""
    picture, share = np.full((SIZE, SIZE, 3), 128, np.uint8), np.full((SIZE, SIZE), 0.5, np.float32)
    own, mask = np.full((SIZE, SIZE), 0.5, np.float32), np.full((SIZE, SIZE), shown, np.uint8)
    places = pixel_places((SIZE, SIZE)) + np.float32([shift, 0])
    Detail(colour, matte, SIZE).add(picture, places, mask, weight, (share, own))
    return picture.astype(int) - 128, share - 0.5


@pytest.mark.parametrize(("most", "error"), [(120.0, 0.5), (127.0, 0.5), (250.0, 1.0)])
def test_what_was_lost_is_added_to_the_nearest_level(most: float, error: float) -> None:
    random = np.random.default_rng(0)
    colour = random.uniform(-120, 120, (SIZE, SIZE, 3)).astype(np.float32)
    colour[0, 0] = most  # one bright pixel
    matte = random.uniform(-0.4, 0.4, (SIZE, SIZE)).astype(np.float32)
    levels, share = added(colour, matte)
    assert np.abs(levels[1:] - colour[1:]).max() <= error + 1e-3
    assert levels[0, 0, 0] == min(most, 127)  # 255 is white
    np.testing.assert_allclose(share, 0.5 * matte, atol=0.5 * 0.4 / 127)


def test_between_pixels_it_is_read_between_and_beyond_the_photo_nothing_was_lost() -> None:
    colour = np.zeros((SIZE, SIZE, 3), np.float32)
    colour[:, 20:] = 80
    levels, share = added(colour, np.zeros((SIZE, SIZE), np.float32), shift=0.5)
    assert (levels[:, 19] == 40).all()
    assert (levels[:, :19] == 0).all()
    assert (levels[:, -1] == 40).all()
    assert (share == 0).all()


def test_where_it_is_not_shown_colours_stay() -> None:
    levels, share = added(np.full((SIZE, SIZE, 3), 60, np.float32), np.ones((SIZE, SIZE), np.float32), shown=0)
    assert (levels == 0).all()
    np.testing.assert_allclose(share, 0.5, atol=1e-3)


def test_while_shots_take_turns_each_adds_its_part() -> None:
    colour = np.full((SIZE, SIZE, 3), 60, np.float32)
    levels, share = added(colour, np.ones((SIZE, SIZE), np.float32), weight=0.25)
    assert (levels == 15).all()
    np.testing.assert_allclose(share, 0.125, atol=1e-3)
