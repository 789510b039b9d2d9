"""Grey photos stay grey, sepia ones sepia, and colours are left alone."""

import cv2
import numpy as np
import pytest

from headcast.avatars.from_torch import avatar_of
from headcast.media.portraits import read_portrait
from headcast.networks.model import Model
from headcast.networks.presets import PRESETS
from headcast.reenact.driver import Driver
from headcast.reenact.monochrome import find_tone_curve, in_tones
from headcast.reenact.sitter import make_sitter
from headcast.types import Image

SEPIA = np.array([1.0, 0.86, 0.66])


@pytest.fixture(scope="module")
def grey() -> Image:
    return cv2.merge([cv2.cvtColor(read_portrait("astronaut"), cv2.COLOR_RGB2GRAY)] * 3)


def test_a_photo_in_colour_has_no_tone_curve() -> None:
    assert find_tone_curve(read_portrait("astronaut")) is None


@pytest.mark.parametrize("tint", [np.ones(3), SEPIA])
def test_colours_painted_into_a_monochrome_photo_take_its_tone(grey: Image, tint: np.ndarray) -> None:
    photo = (grey * tint).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 85])  # as such photos come
    curve = find_tone_curve(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    assert curve is not None
    np.testing.assert_allclose(in_tones(photo, curve), photo, atol=4)
    painted = photo.copy()
    painted[100:140, 200:240] = (60, 140, 200)  # blue teeth
    mended = in_tones(painted, curve)[100:140, 200:240].reshape(-1, 3)
    level = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)[100, 200]
    expected = tint * level / (tint @ (0.299, 0.587, 0.114))
    np.testing.assert_allclose(mended, np.broadcast_to(expected, mended.shape), atol=4)


def test_a_grey_sitter_is_driven_in_grey(model: Model, grey: Image) -> None:
    """Where the warp shows nothing, untrained weights paint in colour; the driver takes it out."""
    sitter = make_sitter(grey, size=PRESETS["tiny"].image_size)
    driver = Driver(sitter, avatar_of(model, [sitter.shot]), paste_back=False, device="cpu", precision="f32")
    warped = driver.condition(sitter.shot.landmarks)
    warped.conditioning.warped[20:40, 20:40] = (60, 140, 200)
    assert np.ptp(driver.generate(warped).image.astype(int), axis=2).max() == 0
