"""The index tables against each other: a closed surface, a true mirror, parts that touch where they should."""

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from headcast.geometry import topology

PAIRED = [
    (topology.RIGHT_EYE, topology.LEFT_EYE),
    (topology.RIGHT_EYE_UPPER, topology.LEFT_EYE_UPPER),
    (topology.RIGHT_EYE_LOWER, topology.LEFT_EYE_LOWER),
    (topology.RIGHT_IRIS, topology.LEFT_IRIS),
    (topology.PAPER_RIGHT_BROW, topology.PAPER_LEFT_BROW[::-1]),
    (topology.PAPER_JAW, topology.PAPER_JAW[::-1]),
    (topology.OUTER_LIP_UPPER, topology.OUTER_LIP_UPPER[::-1]),
    (topology.OUTER_LIP_LOWER, topology.OUTER_LIP_LOWER[::-1]),
    (topology.INNER_LIP_UPPER, topology.INNER_LIP_UPPER[::-1]),
    (topology.INNER_LIP_LOWER, topology.INNER_LIP_LOWER[::-1]),
    (topology.RIGHT_EYE_CORNERS, topology.LEFT_EYE_CORNERS),
    (topology.RIGHT_TEMPLE, topology.LEFT_TEMPLE),
    (topology.MID_RIGHT_LID_UPPER, topology.MID_LEFT_LID_UPPER),
    (topology.MID_RIGHT_LID_LOWER, topology.MID_LEFT_LID_LOWER),
    (topology.MOUTH_CORNERS, topology.MOUTH_CORNERS[::-1]),
    (topology.CHEEKS[:3], topology.CHEEKS[3:]),
    ((*topology.MID_OUTER_LIPS, *topology.MID_INNER_LIPS, *topology.FOREHEAD, *topology.NOSE_ROOT, topology.CHIN),) * 2,
]


@pytest.mark.parametrize(("right", "left"), PAIRED)
def test_the_mirror_takes_each_part_to_its_partner(right: tuple[int, ...], left: tuple[int, ...]) -> None:
    assert tuple(topology.MIRROR[list(right)]) == left


def test_mirroring_twice_changes_nothing() -> None:
    np.testing.assert_array_equal(topology.MIRROR[topology.MIRROR], np.arange(478))


def test_the_triangles_are_one_oriented_surface_with_four_rims() -> None:
    triangles = topology.TRIANGLES
    edges = Counter((int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3))
    assert max(edges.values()) == 1  # two triangles never run along an edge in the same direction
    rim = {edge for edge in edges if edge[::-1] not in edges}
    parts = (topology.FACE_OVAL, topology.INNER_LIPS, topology.RIGHT_EYE, topology.LEFT_EYE)
    expected = {frozenset((a, b)) for part in parts for a, b in zip(part, (*part[1:], part[0]), strict=True)}
    assert {frozenset(edge) for edge in rim} == expected
    assert set(triangles.ravel()) == set(range(468))


def test_points_that_face_each_other_stand_in_the_right_rows() -> None:
    t = topology
    lids = (t.MID_RIGHT_LID_UPPER, t.RIGHT_EYE_UPPER), (t.MID_RIGHT_LID_LOWER, t.RIGHT_EYE_LOWER)
    inner = (t.MID_INNER_LIP_UPPER, t.INNER_LIP_UPPER), (t.MID_INNER_LIP_LOWER, t.INNER_LIP_LOWER)
    outer = (t.MID_OUTER_LIPS[:1], t.OUTER_LIP_UPPER), (t.MID_OUTER_LIPS[1:], t.OUTER_LIP_LOWER)
    for (upper, upper_row), (lower, lower_row) in (lids, inner, outer):
        assert [upper_row.index(point) for point in upper] == [lower_row.index(point) for point in lower]


def test_landmarks_are_named_not_numbered_outside_of_the_topology() -> None:
    package = Path(topology.__file__).parents[1]
    numbered = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript) and max(_numbers(node.slice), default=0) >= 70  # 68-point tables are others
    ]
    assert not numbered


def _numbers(index: ast.expr) -> list[int]:
    """The whole numbers that an index is made of."""
    if isinstance(index, ast.Tuple | ast.List):
        return [number for element in index.elts for number in _numbers(element)]
    return [index.value] if isinstance(index, ast.Constant) and isinstance(index.value, int) else []


def test_the_paper_draws_68_different_points() -> None:
    assert len(topology.PAPER_68) == len(set(topology.PAPER_68)) == 68
    assert (topology.PAPER_68[8], topology.PAPER_68[48], topology.PAPER_68[54]) == (152, 61, 291)


def test_rigid_points_are_symmetric() -> None:
    assert {int(topology.MIRROR[i]) for i in topology.RIGID} == set(topology.RIGID)
