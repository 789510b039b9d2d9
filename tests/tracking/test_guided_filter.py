"""The filter against least squares, window by window, and on a mask that ends beside the edge of the picture."""

import numpy as np
import pytest

from headcast.tracking.guided_filter import guided_filter


@pytest.mark.parametrize(("radius", "contrast"), [(1, 0.02), (2, 0.02), (2, 0.2)])
def test_each_window_has_the_line_of_least_squares(radius, contrast):
    random = np.random.default_rng(3)
    picture = random.integers(0, 256, (14, 17, 3), dtype=np.uint8)
    picture[:, :7] = (120, 130, 110)  # hardly any colours: the mean of the mask is the best that a window tells
    mask = random.random((14, 17), np.float32)
    expected = _by_least_squares(picture, mask, radius, contrast)
    np.testing.assert_allclose(guided_filter(picture, mask, radius, contrast), expected, rtol=0, atol=2e-5)


def _by_least_squares(picture, mask, radius, contrast):
    around = ((radius, radius), (radius, radius))
    colours = np.pad(picture / 255, (*around, (0, 0)), mode="symmetric")
    values = np.pad(mask.astype(float), around, mode="symmetric")
    side = 2 * radius + 1
    lines = np.zeros((*mask.shape, 4))
    for y, x in np.ndindex(mask.shape):
        window = np.s_[y : y + side, x : x + side]
        colour, value = colours[window].reshape(-1, 3), values[window].ravel()
        spread = np.linalg.det(np.cov(colour.T, bias=True) + contrast**2 * np.eye(3))
        if spread < 1e-6:
            lines[y, x] = (0, 0, 0, value.mean())
            continue
        steepness = np.hstack([np.eye(3) * contrast * side, np.zeros((3, 1))])  # it costs contrast**2 in each pixel
        equations = np.vstack([np.hstack([colour, np.ones((side**2, 1))]), steepness])
        lines[y, x] = np.linalg.lstsq(equations, np.hstack([value, np.zeros(3)]), rcond=None)[0]
    lines = np.pad(lines, (*around, (0, 0)), mode="symmetric")
    mean = np.array([[lines[y : y + side, x : x + side].mean((0, 1)) for x in range(17)] for y in range(14)])
    return (mean[..., :3] * picture / 255).sum(axis=2) + mean[..., 3]


def test_the_mask_moves_onto_the_edge_between_two_colours():
    random = np.random.default_rng(4)
    picture = random.integers(0, 60, (40, 40, 3))
    picture[:, 20:] += (150, 90, 0)
    mask = np.tile((np.arange(40) >= 17).astype(np.float32), (40, 1))  # three pixels beside
    moved = guided_filter(picture.astype(np.uint8), mask, 6, 0.02).mean(axis=0)
    assert np.diff(moved).argmax() == 19
