import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from headcast.evaluation.metrics.pixels import (
    motion_energy,
    psnr,
    region_mean,
    shimmer,
    skin_colour_difference,
    ssim_map,
)
from headcast.types import Image

FULL = np.ones((256, 256), np.float32)
LEFT = FULL.copy()
LEFT[:, 128:] = 0


def moving_clip(portrait: Image, steps: tuple[int, ...]) -> np.ndarray:
    """The portrait moved sideways by so many pixels, frame by frame."""
    return np.stack([np.roll(portrait, step, axis=1) for step in steps])


def blur(frames: np.ndarray) -> np.ndarray:
    """Each row averaged over 17 pixels."""
    moved = [np.roll(frames, step, axis=-2).astype(np.float32) for step in range(-8, 9)]
    return np.mean(moved, axis=0).astype(np.uint8)


def test_region_mean_weighs_by_the_mask() -> None:
    values = np.array([[1.0, 3.0], [100.0, 100.0]], np.float32)
    assert region_mean(values, np.array([[0.5, 1.5], [0, 0]], np.float32)) == 2.5
    assert np.isnan(region_mean(values, np.zeros((2, 2), np.float32)))


def test_psnr_equals_torchmetrics_and_the_closed_form(portrait: Image) -> None:
    other = np.roll(portrait, 3, axis=0)
    first, second = (torch.from_numpy(x).double() for x in (portrait, other))
    assert psnr(portrait, other, FULL) == pytest.approx(float(peak_signal_noise_ratio(first, second, 255.0)), rel=1e-5)
    flat, brighter = np.full((256, 256, 3), 100, np.uint8), np.full((256, 256, 3), 110, np.uint8)
    assert psnr(flat, brighter, FULL) == pytest.approx(20 * np.log10(25.5), rel=1e-6)
    assert psnr(flat, flat, FULL) == np.inf


def test_psnr_looks_only_inside_the_mask(portrait: Image) -> None:
    spoilt = portrait.copy()
    spoilt[:, 128:] = 0
    assert psnr(spoilt, portrait, LEFT) == np.inf
    assert psnr(spoilt, portrait, 1 - LEFT) < 15


def test_ssim_equals_torchmetrics(portrait: Image) -> None:
    other = np.roll(portrait, 1, axis=0)
    first, second = (torch.from_numpy(x).permute(2, 0, 1)[None].double() for x in (portrait, other))
    _, full = structural_similarity_index_measure(first, second, data_range=255.0, sigma=1.5, return_full_image=True)
    # at the border the two fill up differently
    expected = full[0].mean(0).numpy()[5:-5, 5:-5]
    np.testing.assert_allclose(ssim_map(portrait, other)[5:-5, 5:-5], expected, atol=1e-4)
    assert ssim_map(portrait, portrait).min() == pytest.approx(1)


def test_motion_energy_of_a_true_frozen_and_blurred_face(portrait: Image) -> None:
    real = moving_clip(portrait, (0, 2, 4, 1, 3))
    masks = np.stack([FULL] * 5)
    assert motion_energy(real, real, masks) == 1
    assert motion_energy(real[[0] * 5], real, masks) == 0
    assert 0.1 < motion_energy(blur(real), real, masks) < 0.8
    assert motion_energy(moving_clip(portrait, (0, 8, 0, 8, 0)), real, masks) > 1.5
    assert np.isnan(motion_energy(real, real[[0] * 5], masks))


def test_motion_energy_counts_the_masked_part_alone(portrait: Image) -> None:
    real = moving_clip(portrait, (0, 2, 4))
    frozen_right = real.copy()
    frozen_right[:, :, 128:] = real[0, :, 128:]
    assert motion_energy(frozen_right, real, np.stack([LEFT] * 3)) == 1
    assert motion_energy(frozen_right, real, np.stack([1 - LEFT] * 3)) == 0


def test_shimmer_is_change_on_still_pixels(portrait: Image) -> None:
    real = np.minimum(moving_clip(portrait, (0, 5, 10)), 200)  # no overflow below
    real[:, :, 128:] = real[0, :, 128:]  # the right half stands still
    assert shimmer(real, real) < 0.5
    flickering = real.copy()
    flickering[1] += 7
    assert shimmer(flickering, real) == pytest.approx(7, abs=0.5)
    assert np.isnan(shimmer(real[:, :, :0], real[:, :, :0]))


def test_colour_cast_has_its_published_size() -> None:
    # Sharma et al. (2005), table 1, pair 17; the tolerance is that of rounding to 8 bits
    first, second = (lab2rgb(np.full((64, 64, 3), lab)) for lab in ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0)))
    skin = np.ones((64, 64), bool)
    bright, cast = ((255 * x).round().astype(np.uint8) for x in (first, second))
    assert skin_colour_difference(bright, skin, cast, skin) == pytest.approx(27.1492, abs=0.4)
    assert skin_colour_difference(bright, skin, bright, skin) == 0


def test_colour_cast_is_seen_in_the_skin_alone(portrait: Image) -> None:
    skin = np.zeros((256, 256), bool)
    skin[110:130, 110:130] = True
    tinted = lab2rgb(rgb2lab(portrait) + np.array([0, 8, 0]))
    tinted = (255 * tinted).round().astype(np.uint8)
    assert skin_colour_difference(tinted, skin, portrait, skin) > 4
    background = portrait.copy()
    background[~skin] = 0
    assert skin_colour_difference(background, skin, portrait, skin) == 0
    with pytest.raises(ValueError, match="at least one pixel of skin"):
        skin_colour_difference(portrait, ~skin & skin, portrait, skin)
