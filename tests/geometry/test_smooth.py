"""Smoothing: rest becomes calm, motion stays where and when it was."""

from fractions import Fraction

import numpy as np
import pytest

from headcast.geometry.smooth import Smoother, smooth
from headcast.types import Landmarks

TIMES = [Fraction(i, 30) for i in range(90)]


@pytest.fixture(scope="module")
def trembling(face: Landmarks) -> np.ndarray:
    """A still face with the tremble measured on a noisy still video: 0.2 % of the face's size."""
    noise = np.random.default_rng(0).normal(0, 0.002 * 110, (len(TIMES), *face.shape))
    return (face + noise).astype(np.float32)


def test_tremble_at_rest_is_halved(trembling: np.ndarray) -> None:
    def tremble(motion: np.ndarray) -> float:
        return float(np.abs(np.diff(motion[20:], n=2, axis=0)).mean())

    assert tremble(smooth(trembling, TIMES)) < 0.5 * tremble(trembling)


def test_a_blink_keeps_its_depth_and_its_moment(face: Landmarks) -> None:
    opening = np.ones(len(TIMES))
    opening[40:47] = [0.6, 0.2, 0.0, 0.0, 0.2, 0.6, 0.9]  # a fast blink: 230 ms
    lid = list(range(156, 162))
    motion = np.repeat(face[None], len(TIMES), axis=0)
    motion[:, lid, 1] += 6 * (1 - opening)[:, None].astype(np.float32)  # six pixels on a face of 110
    depth = (smooth(motion, TIMES) - face)[:, lid, 1].mean(axis=1) / 6
    assert depth.max() > 0.93
    assert abs(int(depth.argmax()) - 42) <= 1
    assert depth[60:].max() < 0.1


def test_a_constant_passes_unchanged(face: Landmarks) -> None:
    still = np.repeat(face[None], len(TIMES), axis=0)
    np.testing.assert_allclose(smooth(still, TIMES), still, atol=1e-4)


def test_the_smoother_never_looks_ahead(trembling: np.ndarray) -> None:
    changed = trembling.copy()
    changed[50:] += 40
    np.testing.assert_array_equal(smooth(trembling, TIMES)[:50], smooth(changed, TIMES)[:50])


def test_reset_forgets(face: Landmarks) -> None:
    smoother = Smoother()
    smoother(face, Fraction(5))
    smoother.reset()
    np.testing.assert_allclose(smoother(face + 50, Fraction(0)), face + 50, rtol=1e-6)


def test_time_must_go_on(face: Landmarks) -> None:
    smoother = Smoother()
    smoother(face, Fraction(1, 30))
    with pytest.raises(ValueError, match="time must increase"):
        smoother(face, Fraction(1, 30))
