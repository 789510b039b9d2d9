"""Places on the mean face are found again in any picture; what is turned away or no skin is not seen."""

import numpy as np

from headcast.geometry.pose import Pose, apply_pose, face_model, rotation_matrix
from headcast.tracking.texture import TEXTURE_SIZE, unwrap
from headcast.types import Image, Landmarks


def mean_face(turn: float) -> Landmarks:
    """The mean face in a picture of 256 px, turned about the axis that points down, in radians."""
    rotation = rotation_matrix(np.array([0.0, turn, 0.0]))
    return apply_pose(face_model().mean, Pose(rotation, 60.0, np.array([128.0, 110.0, 0.0])))


def ramps() -> Image:
    """A picture whose red says x and whose green says y."""
    rows, columns = np.mgrid[:256, :256]
    return np.stack([columns, rows, np.zeros_like(rows)], axis=2).astype(np.uint8)


def place_of(landmark: int) -> tuple[int, int]:
    points = face_model().mean[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = ((points[landmark] - (low + high) / 2) / (high - low).max() + 0.5) * (TEXTURE_SIZE - 1)
    return round(float(y)), round(float(x))


def test_each_place_shows_the_skin_at_its_landmark() -> None:
    for turn in (0.0, 0.3):
        landmarks = mean_face(turn)
        texture, seen = unwrap(ramps(), landmarks)
        for landmark in (1, 9, 205, 425, 200):  # nose, brow, cheeks, chin
            place = place_of(landmark)
            assert seen[place] > 0.2
            np.testing.assert_allclose(texture[place][:2], landmarks[landmark, :2], atol=4.0)


def test_the_side_turned_away_and_the_eyes_are_not_seen() -> None:
    facing = unwrap(ramps(), mean_face(0.0))[1]
    turned = unwrap(ramps(), mean_face(0.8))[1]
    half = TEXTURE_SIZE // 2
    np.testing.assert_allclose(facing[:, :half].sum(), facing[:, half:].sum(), rtol=0.05)
    assert turned[:, :half].sum() < 0.3 * turned[:, half:].sum()  # the nose points to the picture's left
    assert facing[place_of(468)] == facing[place_of(473)] == 0.0  # the irises
    assert facing[0, 0] == 0.0
