import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.place import HANDLES, average_face, parse_handles, place

SIZE = (512, 512)


@pytest.fixture(scope="module")
def face():
    """A face that is turned and smiles, in another place than the average one."""
    return builtin_motion("smile").landmarks[75] * np.float32(1.3) + np.float32([40, -30, 0])


def handles_of(face):
    return {number: (float(face[number, 0]), float(face[number, 1])) for number in HANDLES.values()}


def test_a_face_passes_through_its_handles_and_is_near_the_true_one_between(face):
    placed = place(handles_of(face))
    numbers = list(HANDLES.values())
    assert np.abs(placed[numbers, :2] - face[numbers, :2]).max() < 0.01
    eyes = np.linalg.norm(face[33, :2] - face[263, :2])
    assert np.linalg.norm(placed[:, :2] - face[:, :2], axis=1).max() < 0.12 * eyes


@pytest.mark.parametrize("size", [1, 30])
def test_between_handles_it_bends_as_scipys_thin_plate(face, size):
    """The face is laid over its handles to begin with, so a similarity of both changes nothing but the size."""
    random = np.random.default_rng(0)
    numbers = list(HANDLES.values())
    wanted = (face[numbers, :2] + random.normal(0, 4, (len(numbers), 2))) * size
    placed = place({number: (x, y) for number, (x, y) in zip(numbers, wanted.tolist(), strict=True)}, face)
    expected = RBFInterpolator(face[numbers, :2], wanted, kernel="thin_plate_spline")(face[:, :2])
    np.testing.assert_allclose(placed[:, :2], expected, rtol=1e-5, atol=1e-4 * size)


def test_what_was_found_stays_where_its_handles_stay(face):
    assert np.abs(place(handles_of(face), face)[:, :2] - face[:, :2]).max() < 0.01
    moved = handles_of(face)
    moved[HANDLES["chin"]] = (moved[HANDLES["chin"]][0], moved[HANDLES["chin"]][1] + 20)
    placed = place(moved, face)
    assert placed[152, 1] - face[152, 1] == pytest.approx(20, abs=0.01)
    assert np.abs(placed[468:] - face[468:])[:, :2].max() < 3  # the eyes hardly notice


def test_the_average_face_lies_within_the_picture():
    for size in ((512, 512), (300, 900)):
        face = average_face(size)
        assert (face[:, :2] > 0).all() and (face[:, :2] < size).all()


def test_handles_from_strangers(face):
    good = {name: [float(face[number, 0]), 5] for name, number in HANDLES.items()}
    assert parse_handles(good, SIZE)[HANDLES["chin"]][1] == 5.0
    for change in ({"chin": [1, 2, 3]}, {"chin": [1e9, 2]}, {"chin": "x"}, {"chin": [None, 1]}, {"nose": [1, 1]}):
        with pytest.raises(ValueError, match="must|expected"):
            parse_handles(good | change, SIZE)
    with pytest.raises(ValueError, match="must have each"):
        parse_handles({}, SIZE)


def test_handles_in_one_place_make_no_face():
    with pytest.raises(ValueError, match=r"lie|finite|singular|Singular"):
        place(dict.fromkeys(HANDLES.values(), (100.0, 100.0)))
