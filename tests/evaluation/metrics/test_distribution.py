import numpy as np
import pytest
from scipy.linalg import sqrtm

from headcast.evaluation.metrics.distribution import feature_set_distances

FID, KID = "FID (numbers)", "KID (numbers)"


@pytest.fixture(scope="module")
def sets() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    mix = generator.normal(size=(6, 6))
    real = generator.normal(size=(80, 6)) @ mix
    return (generator.normal(0.4, 1.3, (80, 6)) @ mix).astype(np.float32), real.astype(np.float32)


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """FID by its definition (Heusel et al. 2017), the matrix root by scipy."""
    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root))


def kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """KID by its definition (Binkowski et al. 2018): unbiased squared MMD, cubic kernel."""
    total = 0.0
    for first, second, sign in ((a, a, 1), (b, b, 1), (a, b, -2)):
        kernel = (first @ second.T / first.shape[1] + 1) ** 3
        n = len(first)
        total += sign * (kernel.mean() if sign < 0 else (kernel.sum() - np.trace(kernel)) / (n * (n - 1)))
    return float(total)


def test_fid_and_kid_agree_with_their_definitions(sets) -> None:
    outputs, real = (features.astype(np.float64) for features in sets)
    figures = feature_set_distances(*sets, "numbers")
    assert figures[FID] == pytest.approx(frechet(outputs, real), rel=1e-5)
    assert figures[KID] == pytest.approx(kernel_distance(outputs, real), rel=1e-5)


def test_a_set_is_nearest_to_itself_and_order_does_not_matter(sets) -> None:
    outputs, real = sets
    assert feature_set_distances(real, real, "numbers")[FID] == pytest.approx(0, abs=1e-6)
    assert feature_set_distances(np.roll(outputs, 7, axis=0), real, "numbers") == pytest.approx(
        feature_set_distances(outputs, real, "numbers")
    )
    moved = feature_set_distances(real + np.float32(2), real, "numbers")
    assert moved[FID] == pytest.approx(4 * real.shape[1], rel=1e-5)  # a shift alone: its squared length


def test_one_frame_is_no_set(sets) -> None:
    with pytest.raises(ValueError, match="at least 2 frames a side, not 1 and 80"):
        feature_set_distances(sets[0][:1], sets[1], "numbers")
