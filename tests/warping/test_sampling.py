"""Reading between pixels, against what it does to waves."""

import numpy as np
import pytest

from headcast.warping.sampling import crisper, pixel_places, sample

SIZE = 64


def power_when_read(wave: np.ndarray) -> float:
    """Mean square of a wave's middle, read at places all over a pixel."""
    steps = np.linspace(0, 1, 8, endpoint=False)
    inside = np.s_[4:-4, 4:-4]
    read = [sample(wave, pixel_places(wave.shape) + np.float32([step, 0])) for step in steps]
    return float(np.mean([np.square(picture[inside]).mean() for picture in read]))


@pytest.mark.parametrize("frequency", [np.pi / 8, np.pi / 4, np.pi / 2])
def test_what_was_made_crisper_is_about_as_sharp_as_before_once_it_was_read(frequency: float) -> None:
    wave = np.tile(np.sin(frequency * np.arange(SIZE) + 0.3), (SIZE, 1)).astype(np.float32)
    own = float(np.square(wave[4:-4, 4:-4]).mean())
    assert power_when_read(crisper(wave)) == pytest.approx(own, rel=0.17)  # all of it would make outlines rough
    if frequency > 1:
        assert power_when_read(wave) < 0.75 * own


def test_what_is_even_stays_as_it_is() -> None:
    even = np.full((SIZE, SIZE, 3), 77, np.float32)
    np.testing.assert_allclose(crisper(even), even, rtol=1e-5)
