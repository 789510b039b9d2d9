"""Haze around a person before an even wall: it is the person's by its share, and nothing else is."""

import cv2
import numpy as np

from headcast.matting.haze import add_haze

WALL, HAIR = np.array((160, 165, 170), np.float32), np.array((30, 25, 20), np.float32)
PLACES = np.indices((256, 256)).astype(np.float32)
FROM_MIDDLE = np.hypot(PLACES[0] - 128, PLACES[1] - 128)
TRUE = cv2.GaussianBlur((FROM_MIDDLE < 70).astype(np.float32), (0, 0), 1)  # hair that ends softly
CUT = (FROM_MIDDLE < 69).astype(np.float32)  # a matte as hard as a knife's cut, and too narrow


def picture(wall: np.ndarray = WALL) -> np.ndarray:
    grain = np.random.default_rng(0).normal(0, 1, (256, 256, 3))
    return np.clip(wall + TRUE[:, :, None] * (HAIR - wall) + grain, 0, 255).astype(np.uint8)


def test_haze_is_the_persons_by_its_share() -> None:
    matte = add_haze(picture(), CUT)
    assert np.abs(CUT - TRUE).max() > 0.5
    assert np.abs(matte - np.maximum(CUT, TRUE)).max() < 0.25
    assert matte[FROM_MIDDLE > 76].max() == 0


def test_an_outline_is_no_harder_than_the_pictures() -> None:
    """Hair that thins out over several pixels: all around, each distance has the share that the picture shows."""
    soft = cv2.GaussianBlur((FROM_MIDDLE < 70).astype(np.float32), (0, 0), 2.2)
    image = np.clip(WALL + soft[:, :, None] * (HAIR - WALL), 0, 255).astype(np.uint8)
    matte = add_haze(image, CUT)
    for distance in range(70, 75):
        there = np.abs(FROM_MIDDLE - distance) < 0.5
        np.testing.assert_allclose(matte[there].mean(), soft[there].mean(), atol=0.12)


def test_shade_around_a_person_is_the_walls() -> None:
    """A wall that is darker by up to a tenth of the way to the hair: carried along, it would be a halo."""
    shade = 0.08 * np.exp(-np.maximum(FROM_MIDDLE - 70, 0) / 12)[:, :, None]
    plain, shaded = (add_haze(picture(wall), CUT) for wall in (WALL, WALL + shade * (HAIR - WALL)))
    assert shaded[FROM_MIDDLE > 76].max() < 0.02
    assert np.abs(shaded - plain)[FROM_MIDDLE > 72].max() < 0.15


def test_before_an_uneven_wall_the_matte_stays() -> None:
    random = np.random.default_rng(1)
    bricks = cv2.resize(random.integers(60, 255, (24, 24, 3), np.uint8), (256, 256), interpolation=cv2.INTER_NEAREST)
    np.testing.assert_array_equal(add_haze(picture(bricks.astype(np.float32)), CUT), CUT)


def test_what_has_another_colour_stays_on_the_wall() -> None:
    """A red cable that runs past the head, and a dark bar that ends before it."""
    image = picture()
    image[:, 204:208] = (220, 30, 30)
    image[120:136, 216:240] = HAIR
    matte = add_haze(image, CUT)
    assert matte[:, 203:].max() == 0


def test_a_person_who_looks_like_the_wall_keeps_the_matte() -> None:
    alike = np.clip(WALL - 15 * TRUE[:, :, None], 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(add_haze(alike, CUT), CUT)


def test_nobody_has_none() -> None:
    none = np.zeros((256, 256), np.float32)
    np.testing.assert_array_equal(add_haze(picture(), none), none)
