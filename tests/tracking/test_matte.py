"""The matte on a real portrait: the head is in, the wall is out, and strays are dropped."""

import numpy as np
import pytest

from headcast.geometry.topology import FACE_OVAL
from headcast.media.portraits import read_portrait
from headcast.tracking.crop import crop_image, head_crop
from headcast.tracking.matte import frame_matte, person_matte
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks


@pytest.fixture(scope="module")
def with_cap() -> Image:
    """Grace Hopper's head in a square of the usual width, which her cap nearly fills."""
    photo = read_portrait("hopper")
    return crop_image(photo, head_crop(find_face(photo), photo.shape[1::-1]), 256)


def test_the_face_is_inside_and_the_wall_outside(head: tuple[Image, Landmarks]) -> None:
    image, landmarks = head
    matte = person_matte(image)
    assert matte.shape == image.shape[:2]
    assert matte.dtype == np.float32
    assert 0 <= matte.min() <= matte.max() <= 1
    oval = landmarks[list(FACE_OVAL), :2]
    x, y = np.rint(oval + 0.1 * (oval.mean(axis=0) - oval)).astype(int).T
    assert matte[y, x].min() > 0.95
    assert matte[:100, :16].max() < 0.05
    assert matte[:100, -16:].max() < 0.05


def test_hair_above_the_forehead_belongs_to_the_person(head: tuple[Image, Landmarks]) -> None:
    image, landmarks = head
    forehead_x, forehead_y = landmarks[10, :2].astype(int)
    assert person_matte(image)[forehead_y - 40 : forehead_y, forehead_x].min() > 0.95


def test_a_white_cap_before_a_flag_is_the_persons_by_more_views_than_one(with_cap: Image) -> None:
    image = with_cap
    cap = np.s_[24:32, 78:90]  # its white left part, up to the gold band
    white = image[cap].min(2) > 240
    assert white.sum() > 40
    assert np.median(person_matte(image)[cap][white]) > 0.75
    assert np.median(frame_matte(image)[cap][white]) < 0.55
    assert person_matte(image)[:44, :44].max() < 0.05  # the flag
    assert person_matte(image)[:60, 204:].max() < 0.05  # the wall


def test_a_head_that_the_upper_end_cuts_off_does_not_end_there(with_cap: Image) -> None:
    cut = np.ascontiguousarray(with_cap[60:])  # through the cap
    differs = np.abs(person_matte(cut) - person_matte(with_cap)[60:])
    assert differs[:16].mean() < 0.13  # 0.17 where both views count alike


def test_one_asking_says_nearly_the_same_of_a_plain_photo(head: tuple[Image, Landmarks]) -> None:
    assert np.abs(frame_matte(head[0]) - person_matte(head[0])).mean() < 0.03


def test_the_matte_has_the_image_size_and_scales(head: tuple[Image, Landmarks]) -> None:
    image, _ = head
    double = person_matte(np.repeat(np.repeat(image, 2, axis=0), 2, axis=1))
    assert double.shape == (512, 512)
    averaged = double.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    assert np.abs(averaged - person_matte(image)).mean() < 0.02


def test_one_picture_does_not_colour_the_next(head: tuple[Image, Landmarks]) -> None:
    first = person_matte(head[0])
    person_matte(np.ascontiguousarray(head[0][::-1]))
    np.testing.assert_array_equal(person_matte(head[0]), first)


def test_nobody_is_all_zero() -> None:
    assert person_matte(np.full((128, 128, 3), 128, np.uint8)).max() == 0


def test_a_wrong_array_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"an image must be \(H, W, 3\) uint8, not \(8, 8\) uint8"):
        person_matte(np.zeros((8, 8), np.uint8))
