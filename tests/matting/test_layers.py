"""Two layers out of one picture: hair keeps its own colour, the background does not cling to it."""

import cv2
import numpy as np

from headcast.inpainting.fill import fill_hidden
from headcast.matting.fine_matte import refine_matte
from headcast.matting.layers import split_layers
from headcast.matting.person_colours import person_colours
from headcast.matting.traces import beside_person, hidden_by
from headcast.types import Mask

PERSON, WALL = np.array([40.0, 30.0, 20.0]), np.array([90.0, 160.0, 220.0])


def a_head_with_hairs() -> tuple[Mask, np.ndarray, Mask]:
    """Return the true matte of a dark disc with hairs, the picture, and a matte that knows no hairs."""
    disc = np.zeros((256, 256), np.uint8)
    cv2.circle(disc, (128, 128), 70, (255,), -1, cv2.LINE_AA)
    hairs = disc.copy()
    for angle in np.linspace(0, 2 * np.pi, 40, endpoint=False):
        end = (round(128 + 75 * np.cos(angle)), round(128 + 75 * np.sin(angle)))
        cv2.line(hairs, (128, 128), end, (255,), 1, cv2.LINE_AA)
    true, disc = (np.float32(each) / 255 for each in (hairs, disc))
    picture = WALL + true[:, :, None] * (PERSON - WALL)
    return true, picture.astype(np.uint8), cv2.GaussianBlur(disc, (0, 0), 2)


def test_hairs_come_into_the_matte() -> None:
    true, picture, rough = a_head_with_hairs()
    refined = refine_matte(picture, rough)
    rim = (cv2.dilate(rough, np.ones((13, 13))) > 0.05) & (cv2.erode(rough, np.ones((13, 13))) < 0.95)
    before, after = (float(np.abs(matte - true)[rim].mean()) for matte in (rough, refined))
    assert after < 0.5 * before
    np.testing.assert_array_equal(refined[~cv2.dilate(rim.astype(np.uint8), np.ones((9, 9))).astype(bool)] % 1, 0)


def test_bars_that_stand_behind_the_outline_are_not_the_persons() -> None:
    true, _, rough = a_head_with_hairs()
    bars = np.where((np.indices(true.shape)[0] // 4) % 3 == 0, 70, 230)[:, :, None]
    picture = np.where(true[:, :, None] > 0.5, PERSON, bars).astype(np.uint8)
    assert refine_matte(picture, rough)[cv2.dilate(true, np.ones((5, 5))) == 0].max() < 0.2


def test_where_colours_tell_nothing_the_matte_is_kept_rather_too_narrow() -> None:
    _, picture, rough = a_head_with_hairs()
    refined = refine_matte(np.full_like(picture, 128), rough)
    assert (refined <= rough + 1e-6)[rough < 0.6].all()
    assert refined.sum() < rough.sum()
    assert refined[rough < 0.25].max() == 0
    np.testing.assert_allclose(refined[rough > 0.999], 1, atol=1e-3)


def test_no_background_clings_to_the_person() -> None:
    true, picture, _ = a_head_with_hairs()
    colours = person_colours(picture, true)
    edge = (true > 0.1) & (true < 0.9)
    assert np.abs(colours - PERSON)[edge].mean() < 0.2 * np.abs(picture - PERSON)[edge].mean()
    assert np.abs(colours[5, 5] - PERSON).max() < 15  # there is a colour even where nobody is


def test_the_layers_give_the_picture_again() -> None:
    true, picture, rough = a_head_with_hairs()
    layers = split_layers(picture, rough, fill_hidden)
    again = layers.background + layers.matte[:, :, None] * (layers.person - layers.background)
    assert np.abs(again - picture).mean() < 1.5
    seen = layers.hidden == 0
    np.testing.assert_array_equal(layers.background[seen], picture[seen])
    assert true[seen].max() < 0.3


def test_what_lies_close_to_the_person_counts_as_hidden() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[40:60, 40:60] = 1
    image = np.full((100, 100, 3), 90, np.uint8)
    hidden = hidden_by(image, matte)
    assert hidden[39, 50] == 1 and hidden[50, 62] == 0
    assert hidden_by(image, np.zeros_like(matte)).max() == 0


def test_no_trace_of_the_person_stays_on_an_even_wall() -> None:
    """A head with a dark halo, wider than its matte, leaves a wall as if nobody had stood there."""
    rows, columns = np.indices((256, 256))
    distance = np.hypot(rows - 128, columns - 128)
    halo = np.clip((74 - distance) / 12, 0, 1)[:, :, None]
    wall = np.random.default_rng(0).normal(170, 1.5, (256, 256, 3))
    picture = np.clip(wall + halo * (30 - wall), 0, 255).astype(np.uint8)
    layers = split_layers(picture, (distance < 64).astype(np.float32), fill_hidden)
    around = (distance > 50) & (distance < 90)
    assert np.abs(layers.background[around] - 170).max() < 12


def test_an_uneven_background_beside_the_person_stays() -> None:
    rows, columns = np.indices((256, 256))
    distance = np.hypot(rows - 128, columns - 128)
    matte = (distance < 60).astype(np.float32)
    pattern = np.where((rows // 6 + columns // 6) % 2, 200, 40)[:, :, None].repeat(3, 2)
    picture = np.where(matte[:, :, None] > 0, 40, pattern).astype(np.uint8)
    assert hidden_by(picture, matte)[distance > 64].max() == 0


def test_beside_a_person_uneven_background_may_stay_but_not_hair_nor_an_even_wall() -> None:
    random = np.random.default_rng(0)
    rows, columns = np.indices((256, 256))
    distance = np.hypot(rows - 128, columns - 128)
    matte = (distance < 70).astype(np.float32)
    blocks = cv2.resize(random.uniform(100, 255, (32, 32, 3)), (256, 256), interpolation=cv2.INTER_NEAREST)
    picture = np.where(matte[:, :, None] > 0, 10, blocks).astype(np.uint8)
    ring = (distance > 74) & (distance < 78)
    assert beside_person(picture, matte)[ring].mean() > 0.9
    assert beside_person(picture, matte)[matte > 0].max() == 0
    picture[126:131, 196:216] = 10  # a strand as dark as the person
    assert beside_person(picture, matte)[127:130, 199:210].max() == 0
    wall = np.where(matte[:, :, None] > 0, 10, 180).astype(np.uint8) * np.ones((1, 1, 3), np.uint8)
    assert beside_person(wall, matte).max() == 0
