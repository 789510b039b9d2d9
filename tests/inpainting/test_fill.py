"""Filling what is hidden: patterns continue, light joins, what is seen stays."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from headcast.inpainting.fill import BIN, SIDE, USUAL, _distances_from_colours, fill_hidden
from headcast.inpainting.network import guess
from headcast.pixels.smooth import fill_from_around


def slanted_stripes(slope: float, width: float) -> np.ndarray:
    rows, columns = np.indices((160, 160))
    waves = 127 + 100 * np.tanh(4 * np.cos(np.pi * (rows - slope * columns) / width))
    return np.repeat(waves[:, :, None], 3, 2).astype(np.uint8)


def tiles() -> np.ndarray:
    stripes = slanted_stripes(0.25, 12)
    return np.minimum(stripes, stripes.transpose(1, 0, 2))


@pytest.mark.parametrize("slope", [0.0, 0.25, -0.4])
def test_lines_that_end_at_the_person_go_on_straight(slope: float) -> None:
    """Blinds behind a head continue where it was, as slanted as they are; what is seen stays."""
    image = slanted_stripes(slope, 12)
    hidden = np.zeros((160, 160), np.float32)
    hidden[:, 60:110] = 1
    spoilt = np.where(hidden[:, :, None] > 0, 255, image).astype(np.uint8)
    filled, blurred = fill_hidden(spoilt, hidden), fill_from_around(spoilt, 1 - hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    beside = (slice(20, 140), slice(60, 72))
    error = np.abs(filled[beside].astype(float) - image[beside]).mean()
    assert error < 0.3 * np.abs(blurred[beside] - image[beside]).mean()


def test_what_is_filled_is_as_sharp_as_what_is_around() -> None:
    """Fine texture goes on as fine as it is, not blurred by being enlarged and reduced."""
    random = np.random.default_rng(0)
    texture = cv2.GaussianBlur(random.normal(0, 1, (256, 256)).astype(np.float32), (0, 0), 0.7)
    patches = cv2.resize(random.normal(0, 1, (6, 6)).astype(np.float32), (256, 256), interpolation=cv2.INTER_CUBIC)
    wall = 127 + 40 * patches + texture * (25 + 17 * np.sign(patches)) / texture.std()
    image = np.repeat(np.clip(wall, 0, 255).astype(np.uint8)[:, :, None], 3, 2)
    hidden = np.zeros((256, 256), np.float32)
    hidden[:, 102:133] = 1
    spoilt = np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8)
    filled, true = (
        (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))[hidden > 0]
        for picture in (each.astype(np.float32) for each in (fill_hidden(spoilt, hidden), image))
    )
    assert 0.75 < filled.std() / true.std() < 1.25


def test_nothing_is_made_up_before_an_even_wall() -> None:
    """The network alone paints baskets and poles where a head hides half of a wall; the wall stays a wall."""
    random = np.random.default_rng(0)
    wall = np.clip(random.normal((45, 80, 55), 9, (256, 256, 3)), 0, 255).astype(np.uint8)
    hidden = np.zeros((256, 256), np.float32)
    hidden[20:, 40:216] = 1
    alone = guess(cv2.resize(wall, (SIDE, SIDE)).astype(np.float32), cv2.resize(hidden, (SIDE, SIDE)) == 0)
    away = np.abs(fill_hidden(wall, hidden).astype(float) - (45, 80, 55)).max(2)[hidden > 0]
    assert np.abs(alone - (45, 80, 55)).max() > 60
    assert np.percentile(away, 99) < 30


def test_a_sign_on_the_wall_is_not_copied() -> None:
    """Beside the head the wall goes on, not the red sign that hangs farther off."""
    random = np.random.default_rng(0)
    image = np.clip(random.normal((150, 150, 140), 6, (160, 160, 3)), 0, 255).astype(np.uint8)
    image[60:90, 120:150] = (200, 30, 30)
    hidden = np.zeros((160, 160), np.float32)
    hidden[40:, 40:100] = 1
    there = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden).astype(float)[hidden > 0]
    assert (there[:, 0] - there[:, 1]).max() < 40  # the sign's is 170, the wall's at most 36


@pytest.mark.parametrize("hidden", [0.0, 1.0])
def test_all_or_nothing_hidden(hidden: float) -> None:
    image = np.full((32, 32, 3), 70, np.uint8)
    filled = fill_hidden(image, np.full((32, 32), hidden, np.float32))
    np.testing.assert_array_equal(filled, image)


def test_the_filling_takes_the_light_of_what_is_seen_beside_it() -> None:
    """A wall that grows lighter downwards, with a grain: the filling has no step at its border."""
    random = np.random.default_rng(0)
    wall = np.linspace(40, 200, 160)[:, None] + random.normal(0, 4, (160, 160))
    image = np.clip(np.repeat(wall[:, :, None], 3, 2), 0, 255).astype(np.uint8)
    hidden = np.zeros((160, 160), np.float32)
    hidden[50:110, 50:110] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, image).astype(np.uint8), hidden).astype(float)
    step = filled[50:110, 50:54].mean((1, 2)) - filled[50:110, 46:50].mean((1, 2))
    assert np.abs(step).mean() < 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (300, 2), (5, 7), (16, 16), (200, 33)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_pictures_of_any_shape_are_filled(
    shape: tuple[int, int], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headcast.inpainting.fill.guess", lambda picture, known: picture)
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (*shape, 3)).astype(np.uint8)
    hidden = (random.random(shape) < share).astype(np.float32)
    filled = fill_hidden(image, hidden)
    assert filled.shape == image.shape and filled.dtype == np.uint8
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])


def test_two_seen_rows_are_enough() -> None:
    image = np.full((300, 300, 3), (40, 90, 200), np.uint8)
    hidden = np.ones((300, 300), np.float32)
    hidden[:2] = 0
    assert np.abs(fill_hidden(image, hidden).astype(int) - (40, 90, 200)).max() <= 10


def test_a_large_picture_is_filled_at_a_smaller_size() -> None:
    """Known pixels stay; what is filled joins them, and none of the person's red is mixed in at the rim."""
    image = np.full((650, 1000, 3), (40, 90, 200), np.uint8)
    image[:, 500:] = (60, 110, 180)
    hidden = np.zeros((650, 1000), np.float32)
    hidden[150:, 355:700] = 1
    spoilt = np.where(hidden[:, :, None] > 0, (255, 0, 0), image).astype(np.uint8)
    filled = fill_hidden(spoilt, hidden)
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])
    there = filled[hidden > 0].astype(int)
    assert np.percentile(np.abs(there - np.clip(there, (40, 90, 180), (60, 110, 200))), 99) < 10


def test_the_network_is_not_asked_about_an_even_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall that grows lighter has nothing to continue; smooth colours take no second."""
    wall = np.repeat(np.linspace(60, 190, 256)[:, None, None], 256, 1).repeat(3, 2).astype(np.uint8)
    hidden = np.zeros((256, 256), np.float32)
    hidden[60:, 80:180] = 1
    asked: list[object] = []
    monkeypatch.setattr("headcast.inpainting.fill.guess", lambda picture, known: asked.append(known) or picture)
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, wall).astype(np.uint8), hidden).astype(int)
    assert not asked
    assert np.abs(filled - wall)[hidden > 0].mean() < 12
    fill_hidden(slanted_stripes(0.25, 12), hidden[:160, :160])
    assert not asked  # what runs one way goes on without it
    fill_hidden(tiles(), hidden[:160, :160])
    assert asked


def test_a_studio_that_grows_lighter_downwards_has_no_shade_of_the_head() -> None:
    """Where a head hides the light's way it goes on level by level, though smooth colours would darken it."""
    light = 60 + 150 * np.linspace(0, 1, 256)[:, None, None] ** 1.5
    wall = np.broadcast_to(light, (256, 256, 3)).astype(np.uint8)
    hidden = np.zeros((256, 256), np.float32)
    hidden[5:, 60:190] = 1
    hidden[190:] = 1
    filled = fill_hidden(np.where(hidden[:, :, None] > 0, 0, wall).astype(np.uint8), hidden).astype(int)
    smooth = fill_from_around(wall, 1 - hidden)
    face = np.s_[20:180, 60:190]
    assert np.abs(filled - wall)[face].max() < 4 < np.abs(smooth - wall)[face].mean()


def test_the_same_picture_is_filled_the_same_way() -> None:
    image = slanted_stripes(0.25, 12)
    hidden = np.zeros((160, 160), np.float32)
    hidden[:, 60:110] = 1
    np.testing.assert_array_equal(fill_hidden(image, hidden), fill_hidden(image, hidden))


Guesses = list[list[np.ndarray]]
HOLE = np.s_[150:400, 180:330]


def filled_by(
    guesses: Guesses, behind: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Fill a hole of a picture (SIDE, SIDE, 3) by guesses of each round; return also what counted as known in each."""
    hidden = np.zeros((SIDE, SIDE), np.float32)
    hidden[HOLE] = 1
    asked = [each for of_round in guesses for each in of_round]
    known_then: list[np.ndarray] = []

    def answer(picture: np.ndarray, known: np.ndarray, *_: object) -> np.ndarray:
        known_then.append(known)
        return np.where(known[:, :, None], picture, asked[len(known_then) - 1]).astype(np.float32)

    monkeypatch.setattr("headcast.inpainting.fill._guess", answer)
    monkeypatch.setattr("headcast.inpainting.fill.go_on_one_way", lambda *_: None)
    monkeypatch.setattr("headcast.inpainting.fill.draw_lines", lambda picture, known: (picture, known))
    spoilt = np.where(hidden[:, :, None] > 0, 255, behind).astype(np.uint8)
    return fill_hidden(spoilt, hidden).astype(float), known_then


def wall_with_a_post() -> np.ndarray:
    """A wall, beside it blinds, and a dark post that the hole interrupts."""
    wall = np.full((SIDE, SIDE, 3), 150, np.uint8)
    wall[:, :60:10] = 110
    wall[:, 240:270] = 30
    return wall


def test_guesses_that_alternate_are_not_shown_in_alternation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each guess is like another in every second stripe, none is believed: no stripes, no haze with an edge."""
    wall = wall_with_a_post()
    wall[:, 240:270] = 150
    stripes = np.repeat((np.arange(SIDE) // 4 % 2 * 100)[None, :, None], SIDE, 0)
    one, other = (np.repeat(80 + each, 3, 2).astype(np.uint8) for each in (stripes, 100 - stripes))
    filled, _ = filled_by([[one, other, other], [one, other]], wall, monkeypatch)
    assert np.abs(np.diff(filled[HOLE], axis=1)).max() < 3


def test_what_is_not_believed_is_asked_again_beside_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a post that its witnesses show in part that part stays, and beside it the network says how it goes on."""
    wall = wall_with_a_post()
    in_part = wall.copy()
    in_part[280:, 240:270] = 150
    filled, known_then = filled_by([[wall, in_part, in_part], [wall, wall]], wall, monkeypatch)
    first, again = known_then[0], known_then[-1]
    assert not first[200, 255] and again[200, 255] and not again[330, 255] and again[390, 190]
    np.testing.assert_allclose(filled, wall, atol=3)


def test_what_no_guess_tells_passes_into_what_is_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a panel that all guesses show, a thing that one shows leaves no patch of the wall that the photo shows."""
    wall = wall_with_a_post()
    wall[420:500, 350:500] = (90, 110, 190)
    panel = wall.copy()
    panel[170:380, 190:320] = (90, 110, 190)
    with_a_thing = panel.copy()
    with_a_thing[250:290, 240:270] = (220, 40, 40)
    filled, _ = filled_by([[with_a_thing, panel, panel], [with_a_thing, panel]], wall, monkeypatch)
    np.testing.assert_allclose(filled[210:340, 215:295], panel[210:340, 215:295], atol=12)


@pytest.mark.parametrize(("size", "side"), [(256, 384), (500, 512)])
def test_small_photos_are_filled_by_the_smaller_network(size: int, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        "headcast.inpainting.fill.guess", lambda picture, known: asked.append(known.shape) or picture.copy()
    )
    image = cv2.resize(tiles(), (size, size))
    hidden = np.zeros((size, size), np.float32)
    hidden[:, size // 3 : size // 2] = 1
    fill_hidden(image, hidden)
    assert set(asked) == {(side, side)}


@pytest.mark.parametrize("num_things", [1, 5])
def test_colours_lie_as_far_from_usual_ones_as_scipy_says(num_things: int) -> None:
    random = np.random.default_rng(num_things)
    things = random.uniform(0, 256, (num_things, 3)).repeat(2000 // num_things, 0)
    colours = np.clip(things + random.normal(0, 6, things.shape), 0, 255.9).astype(np.float32)
    found, _ = np.histogramdd(colours, bins=256 // BIN, range=[(0, 256)] * 3)
    expected = BIN * distance_transform_edt(found < USUAL * len(colours))
    np.testing.assert_allclose(_distances_from_colours(colours), expected, rtol=1e-6)


def test_where_no_colour_is_usual_none_is_unusual() -> None:
    noise = np.random.default_rng(0).uniform(0, 256, (20_000, 3)).astype(np.float32)
    assert not _distances_from_colours(noise).any()
