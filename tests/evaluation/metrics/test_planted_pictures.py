"""Wrong metrics of pictures and feature sets are planted; the very check that ours passes has to catch each of them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from headcast.evaluation.metrics import identity
from headcast.evaluation.metrics.distribution import feature_set_distances
from headcast.evaluation.metrics.identity import IdentityJudge
from headcast.evaluation.metrics.lpips import PerceptualDistance, perceptual_distance
from headcast.evaluation.metrics.pixels import motion_energy, psnr, shimmer, skin_colour_difference, ssim_map
from headcast.evaluation.metrics.trunks import squeezenet
from headcast.types import Image, Landmarks

Judging = Callable[..., None]
"""judge_the_check of conftest.py: a check, the right metric, wrong ones."""


def test_lpips_compares_unit_features_of_rgb(
    portrait: Image, monkeypatch: pytest.MonkeyPatch, judge_the_check: Judging
) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trunk = squeezenet()
    trunk.layers.requires_grad_(False)
    judge = perceptual_distance(trunk)
    other = np.roll(portrait, 9, axis=1)

    def published(image: Image, target: Image) -> float:
        """By the definition (Zhang et al. 2018), written out apart from the judge."""
        shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
        pair = [((torch.from_numpy(x) / 127.5 - 1 - shift) / scale).permute(2, 0, 1)[None] for x in (image, target)]
        total, heads = 0.0, iter(judge._heads)
        for number, layer in enumerate(trunk.layers):
            pair = [layer(x) for x in pair]
            if number in trunk.tapped:
                a, b = (torch.nn.functional.normalize(x, dim=1, eps=1e-10) for x in pair)
                total += float(((a - b) ** 2 * next(heads)).sum(1).mean())
        return total

    def check(distance: Callable[[Image, Image], float]) -> None:
        assert distance(portrait, other) == pytest.approx(published(portrait, other), rel=1e-4)

    def without_unit_length(image: Image, target: Image) -> float:
        with monkeypatch.context() as patch:
            patch.setattr(torch, "sqrt", torch.ones_like)
            return judge.distance(image, target)

    def without_heads(image: Image, target: Image) -> float:
        return PerceptualDistance(trunk, [torch.ones_like(head) for head in judge._heads]).distance(image, target)

    def of_swapped_channels(image: Image, target: Image) -> float:
        return judge.distance(image[..., ::-1].copy(), target[..., ::-1].copy())

    judge_the_check(check, judge.distance, without_unit_length, without_heads, of_swapped_channels)


def test_ssim_has_the_published_window_and_range(portrait: Image, judge_the_check: Judging) -> None:
    other = cv2.GaussianBlur(portrait, (0, 0), 2)
    first, second = (torch.from_numpy(x).permute(2, 0, 1)[None].double() for x in (portrait, other))
    inside = np.s_[5:-5, 5:-5]  # beyond the window's reach of the border
    _, reference = structural_similarity_index_measure(
        first, second, data_range=255.0, gaussian_kernel=True, sigma=1.5, kernel_size=11, return_full_image=True
    )
    expected = reference[0].mean(0).numpy()[inside]

    def check(metric: Callable[[Image, Image], np.ndarray]) -> None:
        np.testing.assert_allclose(metric(portrait, other)[inside], expected, atol=2e-3)

    def variant(**options: object) -> Callable[[Image, Image], np.ndarray]:
        usual = {"channel_axis": 2, "full": True, "data_range": 255, "gaussian_weights": True, "sigma": 1.5}
        return lambda a, b: structural_similarity(a, b, **{**usual, **options})[1].mean(-1)

    judge_the_check(check, ssim_map, variant(data_range=1), variant(data_range=510), variant(gaussian_weights=False))


def test_psnr_looks_inside_the_mask(portrait: Image, judge_the_check: Judging) -> None:
    mask = np.zeros((256, 256), np.float32)
    mask[100:150, 80:120] = 1
    output = portrait.copy()
    output[mask > 0] = np.where(output[mask > 0] > 127, output[mask > 0] - 10, output[mask > 0] + 10)

    def check(metric: Callable) -> None:
        assert metric(output, portrait, mask) == pytest.approx(20 * np.log10(255 / 10), abs=1e-4)

    def over_everything(a: Image, b: Image, mask: np.ndarray) -> float:
        return psnr(a, b, np.ones_like(mask))

    def wrapping_around(a: Image, b: Image, mask: np.ndarray) -> float:
        square = ((a - b).astype(np.float64) ** 2).mean(-1)[mask > 0]  # uint8 has no negative numbers
        return float(10 * np.log10(255**2 / square.mean()))

    judge_the_check(check, psnr, over_everything, wrapping_around)


def test_csim_aligns_the_face(
    portrait: Image, face: Landmarks, monkeypatch: pytest.MonkeyPatch, judge_the_check: Judging
) -> None:
    def thumbnail(batch: np.ndarray) -> np.ndarray:
        """Pixels that know where they are: only the same place in the same face is alike."""
        small = np.stack([cv2.resize(one.transpose(1, 2, 0), (14, 14), interpolation=cv2.INTER_AREA) for one in batch])
        return (small - small.mean((1, 2), keepdims=True)).reshape(len(batch), -1)

    matrix = cv2.getRotationMatrix2D((127.5, 127.5), 25, 0.9)
    turned = cv2.warpAffine(portrait, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    moved = face.copy()
    moved[:, :2] = face[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    judge = IdentityJudge(thumbnail, "thumbnail")

    def check(vector: Callable[[Image, Landmarks], np.ndarray]) -> None:
        assert vector(portrait, face) @ vector(portrait, face) == pytest.approx(1, abs=1e-5)
        assert vector(portrait, face) @ vector(turned, moved) > 0.95

    def without_alignment(image: Image, landmarks: Landmarks) -> np.ndarray:
        with monkeypatch.context() as patch:
            patch.setattr(identity, "align_face", lambda image, landmarks: cv2.resize(image, (112, 112)))
            return judge.vector(image, landmarks)

    def without_unit_length(image: Image, landmarks: Landmarks) -> np.ndarray:
        return 2 * judge.vector(image, landmarks)

    judge_the_check(check, judge.vector, without_alignment, without_unit_length)


def test_fid_and_kid_are_the_published_distances(judge_the_check: Judging) -> None:
    generator = np.random.default_rng(0)
    real = generator.normal(size=(60, 5)).astype(np.float32)
    outputs = generator.normal(0.3, 1.4, (60, 5)).astype(np.float32)

    def frechet(a: np.ndarray, b: np.ndarray) -> float:
        a, b = a.astype(np.float64), b.astype(np.float64)
        first, second = np.cov(a.T), np.cov(b.T)
        return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * sqrtm(first @ second).real))

    def kernel(a: np.ndarray, b: np.ndarray, unbiased: bool = True, power: int = 3) -> float:
        a, b = a.astype(np.float64), b.astype(np.float64)
        within = [(x @ x.T / x.shape[1] + 1) ** power for x in (a, b)]
        n = len(a)
        own = [(k.sum() - np.trace(k)) / (n * (n - 1)) if unbiased else k.mean() for k in within]
        return float(sum(own) - 2 * ((a @ b.T / a.shape[1] + 1) ** power).mean())

    def check_fid(metric: Callable) -> None:
        assert metric(outputs, real) == pytest.approx(frechet(outputs, real), rel=1e-4)

    def check_kid(metric: Callable) -> None:
        assert metric(outputs, real) == pytest.approx(kernel(outputs, real), rel=1e-4)

    judge_the_check(
        check_fid,
        lambda a, b: feature_set_distances(a, b, "numbers")["FID (numbers)"],
        lambda a, b: float(((a.mean(0) - b.mean(0)) ** 2).sum()),  # means alone
        lambda a, b: np.sqrt(frechet(a, b)),
        lambda a, b: frechet(a, b) - 2 * np.trace(np.cov(b.T)) + 2 * np.trace(np.cov(a.T)),
    )
    judge_the_check(
        check_kid,
        lambda a, b: feature_set_distances(a, b, "numbers")["KID (numbers)"],
        lambda a, b: kernel(a, b, unbiased=False),
        lambda a, b: kernel(a, b, power=2),
    )


def test_motion_energy_is_that_of_the_head_over_the_real_one(judge_the_check: Judging) -> None:
    real = np.zeros((3, 8, 8, 3), np.uint8)
    real[1] = 40
    frozen_before_a_moving_background = np.zeros_like(real)
    frozen_before_a_moving_background[1, :, 4:] = 40
    masks = np.zeros((3, 8, 8), np.float32)
    masks[:, :, :4] = 1

    def check(metric: Callable) -> None:
        assert metric(frozen_before_a_moving_background, real, masks) == 0
        assert metric(real // 2, real, masks) == pytest.approx(0.5)
        assert metric(real, real, masks) == pytest.approx(1)

    def without_matte(output: np.ndarray, real: np.ndarray, masks: np.ndarray) -> float:
        return motion_energy(output, real, np.ones_like(masks))

    def of_the_error(output: np.ndarray, real: np.ndarray, masks: np.ndarray) -> float:
        return float(1 - np.abs(output.astype(float) - real).sum() / real.sum())

    judge_the_check(check, motion_energy, without_matte, of_the_error)


def test_shimmer_is_seen_on_still_pixels_alone(judge_the_check: Judging) -> None:
    real = np.zeros((2, 4, 4, 3), np.uint8)
    real[1, :, :2] = 100  # half of the picture moves
    output = real.copy()
    output[1, :, 2:] = 8

    def check(metric: Callable) -> None:
        assert metric(output, real) == pytest.approx(8)
        assert metric(real, real) == 0

    def everywhere(output: np.ndarray, real: np.ndarray) -> float:
        return float(np.abs(np.diff(output.astype(float), axis=0)).mean())

    judge_the_check(check, shimmer, everywhere, lambda output, real: everywhere(output, real) - everywhere(real, real))


def test_a_cast_is_measured_by_ciede2000_on_the_skin(judge_the_check: Judging) -> None:
    skin = np.zeros((8, 8), bool)
    skin[:4] = True
    picture = np.full((8, 8, 3), 150, np.uint8)
    cast = picture.copy()
    cast[4:] = (0, 255, 0)  # not skin
    cast[0, 0] = 255  # a highlight is no cast
    lighter = np.full_like(picture, 170)
    low, high = (116 * np.cbrt(((v / 255 + 0.055) / 1.055) ** 2.4) - 16 for v in (150, 170))
    off = ((low + high) / 2 - 50) ** 2
    expected = (high - low) / (1 + 0.015 * off / np.sqrt(20 + off))  # CIEDE2000 of two greys

    def check(metric: Callable) -> None:
        assert metric(cast, skin, picture, skin) == pytest.approx(0, abs=1e-6)
        assert metric(lighter, skin, picture, skin) == pytest.approx(expected, rel=1e-3)

    def everywhere(a: Image, skin: np.ndarray, b: Image, other: np.ndarray) -> float:
        return skin_colour_difference(a, np.ones_like(skin), b, np.ones_like(other))

    def by_cie76(a: Image, skin: np.ndarray, b: Image, other: np.ndarray) -> float:
        return float(np.linalg.norm(np.median(rgb2lab(a[skin]), 0) - np.median(rgb2lab(b[other]), 0)))

    def of_means(a: Image, skin: np.ndarray, b: Image, other: np.ndarray) -> float:
        return float(np.linalg.norm(a[skin].mean(0) - b[other].mean(0)))

    judge_the_check(check, skin_colour_difference, everywhere, by_cie76, of_means)
