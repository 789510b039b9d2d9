"""Coverage of polygons against their areas."""

import numpy as np
import pytest

from headcast.warping.patch import polygon_mask


def area(points: np.ndarray) -> float:
    """Shoelace formula."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@pytest.mark.parametrize(
    "points",
    [
        [(10.2, 10.3), (60.7, 15.1), (30.4, 70.9)],
        [(5, 5), (70, 5), (70, 60), (5, 60)],
        [(40 + 30 * np.cos(a), 40 + 12 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40, endpoint=False)],
    ],
    ids=["triangle", "rectangle", "ellipse"],
)
def test_a_mask_covers_the_area_of_its_polygon(points: list[tuple[float, float]]) -> None:
    corners = np.array(points, np.float32)
    mask = polygon_mask(corners, 0, 0, 80, 80)
    assert mask.sum() == pytest.approx(area(corners), rel=0.03)
    assert (mask.min(), mask.max()) == (0, 1)
    rows, columns = np.indices(mask.shape)
    centre = np.array([(columns * mask).sum(), (rows * mask).sum()]) / mask.sum()
    middle = np.average(corners, axis=0) if len(points) != 3 else corners.mean(0)
    np.testing.assert_allclose(centre, middle, atol=0.3)


def test_a_mask_is_the_same_seen_through_a_smaller_box() -> None:
    corners = np.array([(10.2, 10.3), (60.7, 15.1), (30.4, 70.9)], np.float32)
    whole = polygon_mask(corners, 0, 0, 80, 80)
    np.testing.assert_allclose(polygon_mask(corners, 7, 20, 30, 40), whole[20:60, 7:37], atol=2 / 16)  # 16 a pixel


def test_a_line_covers_nothing() -> None:
    assert polygon_mask(np.array([(10, 10), (40, 12), (70, 10), (40, 12)], np.float32), 0, 0, 80, 80).max() == 0
