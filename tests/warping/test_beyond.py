"""A person whom the photo's end cuts off goes on beyond it as far as the head needs it."""

from dataclasses import replace

import numpy as np
import pytest

from headcast.geometry.pose import head_of
from headcast.types import Image, Landmarks, Mask, Shot
from headcast.warping.beyond import REACH, grow_beyond
from headcast.warping.carry import Carrier
from headcast.warping.edges import PhotoEdges

ENDS = PhotoEdges(ends=(0.0, 0.0, 255.0, 255.0))
BLUE = np.array([0, 0, 255], np.uint8)


def blue_beyond(image: Image, missing: Mask) -> Image:
    """Guess that all that is missing is blue."""
    return np.where(missing[:, :, None] > 0, BLUE, image).astype(np.uint8)


def test_what_is_guessed_lies_beyond_the_photo_only(face: Landmarks) -> None:
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    person = np.dstack([image, np.ones((256, 256))]).astype(np.float32)
    larger, edges, margin = grow_beyond(person, face, PhotoEdges(ends=(-np.inf, 0.0, 255.0, 250.0)), blue_beyond)
    assert margin == round(REACH * 256)
    assert edges.ends == (-np.inf, -margin, 255 + margin, 250 + margin)
    inner = larger[margin + 5 : margin + 245, margin + 5 : margin + 250]
    np.testing.assert_allclose(inner, person[5:245, 5:250], atol=1e-4)
    np.testing.assert_allclose(
        larger[: margin - 5, :, :3], np.broadcast_to(BLUE, larger[: margin - 5, :, :3].shape), atol=2
    )
    np.testing.assert_allclose(larger[margin + 254 :, margin:, 2], 255, atol=2)  # the photo's own end, within the shot


@pytest.fixture(scope="module")
def at_the_end(shot: Shot) -> Shot:
    """The sitter without blue, whose hair and shoulders reach the photo's right end."""
    image = shot.image.copy()
    image[:, :, 2] = np.minimum(image[:, :, 1], image[:, :, 0])
    matte = shot.matte.copy()
    matte[:, 128:] = 1
    return replace(shot, image=image, matte=matte)


def blueness(carrier: Carrier, shot: Shot, shift: float) -> float:
    landmarks = shot.landmarks + np.float32([shift, 0, 0])
    colour = carrier(landmarks, head_of(landmarks)).colour
    return float((colour[:, :, 2] - colour[:, :, :2].max(2))[:, -8:].max())


def test_a_head_that_moves_away_from_the_end_shows_what_was_guessed(at_the_end: Shot) -> None:
    grown, stretched = Carrier(at_the_end, ENDS, grow=blue_beyond), Carrier(at_the_end, ENDS)
    assert blueness(stretched, at_the_end, -20) < 40 < 150 < blueness(grown, at_the_end, -20)
    assert blueness(grown, at_the_end, 0) < 40


def test_nothing_is_guessed_beside_a_person_who_stands_free(shot: Shot) -> None:
    def never(_image: Image, _missing: Mask) -> Image:
        raise AssertionError("nobody is cut off")

    image, matte = np.full_like(shot.image, 128), np.zeros_like(shot.matte)
    inner = np.s_[20:-20, 20:-20]
    image[inner], matte[inner] = shot.image[inner], shot.matte[inner]
    Carrier(replace(shot, image=image, matte=matte), ENDS, grow=never)


def test_whether_somebody_is_cut_off_must_be_known() -> None:
    with pytest.raises(ValueError, match="where the person stands"):
        _ = ENDS.cut_off
