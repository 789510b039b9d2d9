"""Triangles between points against SciPy's, which come from another algorithm (Qhull)."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from headcast.types import Shot
from headcast.warping import mesh
from headcast.warping.delaunay import delaunay


def as_sets(triangles: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(triangle) for triangle in triangles.tolist()}


def area(points: np.ndarray, triangles: np.ndarray) -> float:
    one, two = (points[triangles[:, number]] - points[triangles[:, 0]] for number in (1, 2))
    return float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() / 2)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e5])
@pytest.mark.parametrize("seed", range(5))
def test_points_in_general_position_have_one_triangulation(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    points = scale * (random.normal(size=(200, 2)) * [1, 3] + random.normal(size=2))
    assert as_sets(delaunay(points)) == as_sets(Delaunay(points).simplices)


def test_in_a_lattice_either_diagonal_is_right() -> None:
    """All of it is covered once, and no triangle is longer than its square."""
    points = np.stack(np.meshgrid(np.arange(9.0), np.arange(7.0)), -1).reshape(-1, 2)
    triangles = delaunay(points)
    assert len(triangles) == 2 * 8 * 6 and len(as_sets(triangles)) == len(triangles)
    assert area(points, triangles) == 8 * 6
    assert np.ptp(points[triangles], axis=1).max() == 1


def test_a_hull_that_is_nearly_straight_hides_no_triangles(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mesh's surroundings, whose rows are straight but for rounding, are covered as SciPy covers them."""
    asked: list[np.ndarray] = []
    monkeypatch.setattr(mesh, "delaunay", lambda points: asked.append(points) or delaunay(points))
    random = np.random.default_rng(0)
    for size in (64, 256, 900) * 5:
        cos, sin = np.cos(angle := random.uniform(-0.5, 0.5)), np.sin(angle)
        rolled = shot.landmarks @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) * random.uniform(0.1, 2)
        moved = (rolled + np.append(random.uniform(-150, 250, 2), 0)) * (size / 256)
        mesh.Mesh(np.asarray(moved, np.float32), size)
        triangles, expected = delaunay(asked[-1]), Delaunay(asked[-1]).simplices
        assert area(asked[-1], triangles) == pytest.approx(area(asked[-1], expected), rel=1e-6)
        assert set(triangles.ravel()) == set(range(len(asked[-1])))


def test_a_point_that_is_there_twice_counts_once() -> None:
    assert as_sets(delaunay(np.array([[0.0, 0], [4, 0], [0, 4], [4, 0]]))) == {frozenset({0, 1, 2})}
