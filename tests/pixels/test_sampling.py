"""Reading between pixels, against what it does to waves."""

import cv2
import numpy as np
import pytest

from headcast.pixels.sampling import finer, in_finer, pixel_places, sample

SIZE = 64


def strengths(wave: np.ndarray, *, kept_finer: bool) -> np.ndarray:
    """How strong a wave is in the middle of a picture, read at places all over a pixel."""
    inside = np.s_[4:-4, 4:-4]
    read = []
    for step in np.linspace(0, 1, 8, endpoint=False):
        places = pixel_places(wave.shape) + np.float32([step, 0])
        picture = sample(finer(wave), in_finer(places)) if kept_finer else sample(wave, places)
        read.append(float(np.sqrt(2 * np.square(picture[inside]).mean())))
    return np.array(read)


@pytest.mark.parametrize("frequency", [np.pi / 8, np.pi / 4, np.pi / 2])
def test_what_is_read_is_about_as_sharp_wherever_it_lies(frequency: float) -> None:
    wave = np.tile(np.sin(frequency * np.arange(SIZE) + 0.3), (SIZE, 1)).astype(np.float32)
    np.testing.assert_allclose(strengths(wave, kept_finer=True), 1, atol=0.09)
    if frequency > 1:
        plain = strengths(wave, kept_finer=False)
        assert plain.max() - plain.min() > 0.25  # cos(w / 2) halfway between pixels, all of it on them


def test_places_in_a_finer_picture_show_the_same() -> None:
    slope = np.tile(np.arange(SIZE, dtype=np.float32), (SIZE, 1))
    places = pixel_places(slope.shape)[4:-4, 4:-4] + np.float32([0.25, 0])
    np.testing.assert_allclose(sample(finer(slope), in_finer(places)), sample(slope, places), atol=0.06)
    assert finer(cv2.merge([slope] * 4)).shape == (2 * SIZE, 2 * SIZE, 4)


def test_what_is_even_stays_as_it_is() -> None:
    even = np.full((SIZE, SIZE, 3), 77, np.float32)
    np.testing.assert_allclose(finer(even), 77, rtol=1e-5)
