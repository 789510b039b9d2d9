import numpy as np
import pytest

from headcast.inpainting import remembered
from headcast.inpainting.remembered import filled

HIDDEN = np.zeros((8, 8), np.float32)
HIDDEN[2:4, 2:4] = 1


def picture(level):
    return np.full((8, 8, 3), level, np.uint8)


@pytest.fixture
def asked(monkeypatch):
    """What is really filled, by a way that takes no time; nothing is remembered at the start."""
    seen = []

    def fill(image, hidden):
        seen.append(int(image[0, 0, 0]))
        return np.where(hidden[:, :, None] > 0.5, 255 - image, image).astype(np.uint8)

    monkeypatch.setattr(remembered, "fill_hidden", fill)
    monkeypatch.setattr(remembered, "MAX_BYTES", 3 * picture(0).nbytes)
    remembered._pictures.clear()
    yield seen
    remembered._pictures.clear()


def test_the_same_is_filled_once_and_what_a_user_does_to_it_is_nobody_elses(asked):
    first = filled(picture(1), HIDDEN)
    expected = first.copy()
    first[:] = 7
    second = filled(picture(1), HIDDEN)
    np.testing.assert_array_equal(second, expected)
    second[:] = 7
    np.testing.assert_array_equal(filled(picture(1), HIDDEN), expected)
    assert asked == [1]


def test_another_picture_hidden_part_or_shape_is_filled_anew(asked):
    filled(picture(1), HIDDEN)
    assert filled(picture(2), HIDDEN)[0, 0, 0] == 2
    assert (filled(picture(1), HIDDEN.T[::-1])[4:6, 2:4] == 254).all()
    assert filled(picture(1).reshape(4, 16, 3), HIDDEN.reshape(4, 16)).shape == (4, 16, 3)
    assert asked == [1, 2, 1, 1]


def test_what_was_asked_for_longest_ago_goes(asked):
    for level in (1, 2, 3, 1, 4):
        filled(picture(level), HIDDEN)
    assert asked == [1, 2, 3, 4]
    filled(picture(1), HIDDEN)
    filled(picture(2), HIDDEN)
    assert asked == [1, 2, 3, 4, 2]


def test_a_picture_too_large_to_remember_is_filled_each_time_and_drives_out_no_other(asked):
    filled(picture(1), HIDDEN)
    large, hidden = np.zeros((16, 16, 3), np.uint8), np.ones((16, 16), np.float32)
    for _ in range(2):
        assert (filled(large, hidden) == 255).all()
    filled(picture(1), HIDDEN)
    assert asked == [1, 0, 0]
