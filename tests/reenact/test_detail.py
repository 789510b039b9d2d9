"""What a photo has more than its shot, kept in bytes, against the numbers themselves."""

import numpy as np
import pytest

from headcast.pixels.sampling import in_finer, pixel_places
from headcast.reenact.detail import Detail

SIZE = 40


def added(
    colour: np.ndarray, matte: np.ndarray, shift: float = 0.0, shown: int = 255, weight: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """What is added to grey pixels and a matte of a half at places that are shifted to the right."""
    picture, share = np.full((SIZE, SIZE, 3), 128, np.uint8), np.full((SIZE, SIZE), 0.5, np.float32)
    own, mask = np.full((SIZE, SIZE), 0.5, np.float32), np.full((SIZE, SIZE), shown, np.uint8)
    places = pixel_places((SIZE, SIZE)) + np.float32([shift, 0])
    Detail(colour, matte, SIZE).add(picture, in_finer(places), mask, weight, (share, own))
    return picture.astype(int) - 128, share - 0.5


@pytest.mark.parametrize(("most", "error"), [(120.0, 0.5), (127.0, 0.5), (250.0, 1.0)])
def test_what_was_lost_is_added_to_the_nearest_level(most: float, error: float) -> None:
    x, y = np.moveaxis(pixel_places((SIZE, SIZE)), 2, 0)
    wave = np.sin(x / 6) * np.cos(y / 5)
    colour = np.repeat(120 * wave[:, :, None], 3, 2).astype(np.float32)
    colour[:9, :9] = most  # a bright place
    matte = (0.4 * wave).astype(np.float32)
    levels, share = added(colour, matte)
    inside = np.s_[12:-2, 2:-2]
    assert np.abs(levels[inside] - colour[inside]).max() <= error + 1.1  # steps, and a wave read between its pixels
    assert (levels[:7, :7] == min(most, 127)).all()  # 255 is white
    np.testing.assert_allclose(share, 0.5 * matte, atol=0.5 * 0.4 / 127 + 0.002)


def test_between_pixels_it_is_read_between_and_beyond_the_photo_nothing_was_lost() -> None:
    colour = np.zeros((SIZE, SIZE, 3), np.float32)
    colour[:, 20:] = 80
    levels, share = added(colour, np.zeros((SIZE, SIZE), np.float32), shift=0.5)
    assert (levels[:, 19] == 40).all()
    assert np.abs(levels[:, :19]).max() <= 8 and (levels[:, :17] == 0).all()  # a cubic's dip beside an edge
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
