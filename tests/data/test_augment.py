"""Made-up people: landmarks must go where their pixels go."""

import numpy as np
import pytest

from headcast.data.augment import Disguise, random_disguise, roughen_landmarks, spoil_image
from headcast.data.clips import Clip
from headcast.geometry.pose import fit_pose
from headcast.geometry.topology import MIRROR
from headcast.types import NUM_LANDMARKS, Shot

SIZE = 128
POINT = 33  # the right eye's outer corner


def shot_with_a_dot(x: int, y: int) -> Shot:
    """A soft dot at landmark POINT on grey, the person all over."""
    landmarks = np.random.default_rng(0).uniform(20, SIZE - 20, (NUM_LANDMARKS, 3)).astype(np.float32)
    landmarks[POINT, :2] = x, y
    rows, columns = np.indices((SIZE, SIZE))
    dot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
    return Shot(np.repeat((dot * 255)[:, :, None], 3, 2).astype(np.uint8), landmarks, np.ones((SIZE, SIZE), np.float32))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("place", [(64, 64), (40, 90), (85, 33)])
def test_landmarks_move_like_pixels(place: tuple[int, int], seed: int) -> None:
    disguise = random_disguise(np.random.default_rng(seed))
    moved = disguise.apply(shot_with_a_dot(*place))
    light = np.clip(moved.image.mean(-1) - 20, 0, None)
    rows, columns = np.indices(light.shape)
    found = np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum()
    number = int(MIRROR[POINT]) if disguise.mirrored else POINT  # in a mirror the right eye is the left one
    np.testing.assert_allclose(found, moved.landmarks[number, :2], atol=0.3)


def test_both_sides_are_drawn() -> None:
    mirrored = [random_disguise(np.random.default_rng(seed)).mirrored for seed in range(40)]
    assert 10 < sum(mirrored) < 30


def test_a_mirrored_person_is_still_a_person(clip: Clip) -> None:
    """Left stays left: a rigid fit finds a face, turned the other way, not one inside out."""
    landmarks = clip.landmarks[3]
    mirrored = Disguise(mirrored=True).move(landmarks)
    assert mirrored[33, 0] < mirrored[263, 0]
    pose, flipped = fit_pose(landmarks), fit_pose(mirrored)
    flip = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(flipped.rotation, flip @ pose.rotation @ flip, atol=1e-6)
    np.testing.assert_allclose(Disguise(mirrored=True).move(mirrored), landmarks, atol=1e-3)


def test_no_disguise_changes_nothing(clip: Clip) -> None:
    shot = clip.shot(0)
    same = Disguise().apply(shot)
    np.testing.assert_array_equal(same.image, shot.image)
    np.testing.assert_allclose(same.landmarks, shot.landmarks, atol=1e-3)
    np.testing.assert_allclose(same.matte, shot.matte, atol=1e-6)


def test_colours_follow_gain_and_gamma() -> None:
    grey = Shot(np.full((8, 8, 3), 128, np.uint8), np.zeros((478, 3), np.float32), np.ones((8, 8), np.float32))
    image = Disguise(gains=(1.0, 0.5, 3.0), gamma=2.0).apply(grey).image
    expected = 255 * (128 / 255) ** 2
    np.testing.assert_allclose(image[4, 4], [expected, expected / 2, min(255, 3 * expected)], atol=1)


def test_the_same_seed_draws_the_same_person() -> None:
    one, other = (random_disguise(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.affine, other.affine)
    assert (one.gains, one.gamma, one.mirrored) == (other.gains, other.gamma, other.mirrored)


def test_spoiled_pictures_stay_pictures_of_the_same(clip: Clip) -> None:
    image = clip.shot(0).image
    random = np.random.default_rng(0)
    spoiled = [spoil_image(image, random) for _ in range(40)]
    differences = np.array([np.abs(each.astype(int) - image).mean() for each in spoiled])
    assert all(each.shape == image.shape and each.dtype == np.uint8 for each in spoiled)
    assert 0 < (differences > 0).sum() < 30
    assert differences.max() < 8


def test_roughened_landmarks_stay_near(clip: Clip) -> None:
    landmarks, random = clip.landmarks[0], np.random.default_rng(0)
    moves = [np.abs(roughen_landmarks(landmarks, random) - landmarks)[:, :2].max() for _ in range(40)]
    unchanged = sum(move == 0 for move in moves)
    assert 28 < unchanged < 40  # ROUGHENED_SHARE of 40 move
    assert 0.2 < max(moves) < 4  # pixels
