"""Two pictures of one place: a drawn wall, seen again by a camera that moved, behind somebody who stands elsewhere."""

import cv2
import numpy as np
import pytest

from headcast.matting.registered import Places, register
from headcast.matting.revealed import reveal
from headcast.pixels.sampling import pixel_places
from headcast.types import Image, Mask

SIZE = 256
LEFT, RIGHT = np.s_[80:, 50:150], np.s_[60:, 115:215]  # where the person stands


def drawn_wall(seed: int, fineness: float = 4) -> Image:
    levels = np.random.default_rng(seed).normal(0, 1, (2 * SIZE, 2 * SIZE, 3)).astype(np.float32)
    return np.clip(128 + 30 * fineness * cv2.GaussianBlur(levels, (0, 0), fineness), 0, 255).astype(np.uint8)


def seen(
    wall: Image, turn: float = 0, scale: float = 1, shift: tuple[float, float] = (0, 0)
) -> tuple[Image, np.ndarray]:
    """Return the middle of a wall (2 SIZE, 2 SIZE, 3) as a camera sees it, and the places in it of the picture's."""
    middle = (SIZE - 1) / 2
    to = cv2.getRotationMatrix2D((middle, middle), turn, scale) + np.array([[0, 0, shift[0]], [0, 0, shift[1]]])
    from_wall = to @ np.array([[1, 0, -SIZE / 2], [0, 1, -SIZE / 2], [0, 0, 1]])
    return cv2.warpAffine(wall, from_wall, (SIZE, SIZE), flags=cv2.INTER_CUBIC), to


def free(person: tuple[slice, slice]) -> Mask:
    mask = np.ones((SIZE, SIZE), np.float32)
    mask[person] = 0
    return mask


def before(wall: Image, person: tuple[slice, slice]) -> Image:
    picture = wall.copy()
    picture[person] = (200, 60, 40)
    return picture


MOVES = [(0, 1, (0, 0)), (0, 1, (11.4, -6.3)), (4, 1, (-5, 3)), (-2, 1.06, (20, 8)), (0, 0.9, (0, 0))]


@pytest.mark.parametrize(("turn", "scale", "shift"), MOVES)
def test_a_camera_that_moved_is_found(turn: float, scale: float, shift: tuple[float, float]) -> None:
    (first, _), (second, to) = seen(drawn_wall(1)), seen(drawn_wall(1), turn, scale, shift)
    found = register(before(first, LEFT), free(LEFT), before(second, RIGHT), free(RIGHT))
    assert isinstance(found, Places)
    both = (
        cv2.erode(free(LEFT), np.ones((9, 9))) * cv2.remap(free(RIGHT), found.at, np.empty(0), cv2.INTER_LINEAR) > 0.99
    )
    error = np.linalg.norm(found.at - cv2.transform(pixel_places(both.shape), to), axis=2)
    assert np.percentile(error[both], 95) < 0.5
    assert np.median(found.doubt) < 0.3


def test_another_wall_is_not_found() -> None:
    (first, _), (second, _) = seen(drawn_wall(1)), seen(drawn_wall(2))
    assert register(before(first, LEFT), free(LEFT), before(second, RIGHT), free(RIGHT)) is None


@pytest.mark.parametrize(("turn", "scale", "shift"), MOVES)
def test_what_is_hidden_comes_from_the_other_picture_in_this_ones_light(turn, scale, shift) -> None:
    (first, _), (second, _) = seen(drawn_wall(3)), seen(drawn_wall(3), turn, scale, shift)
    darker = np.clip(second * np.linspace(0.8, 0.9, SIZE)[:, None, None], 0, 255).astype(np.uint8)
    other = before(darker, RIGHT)
    hidden = 1 - free(LEFT)
    (one,) = reveal(before(first, LEFT), hidden, [(other, free(RIGHT))])
    taken = (one.shown > 0) & (hidden > 0)
    assert taken.sum() > 1500
    filled = one.lay(before(first, LEFT).astype(np.float32), other)
    assert np.abs(filled - first)[taken].mean() < 4  # of unevenness 30
    assert np.percentile(np.abs(filled - first)[taken], 99) < 25  # nobody's red coat


def test_what_is_hidden_in_both_is_not_taken_and_each_part_only_once() -> None:
    first, _ = seen(drawn_wall(3))
    others = [seen(drawn_wall(3), shift=shift)[0] for shift in ((3, 2), (-4, 1))]
    hidden = 1 - free(LEFT)
    assert (
        reveal(before(first, LEFT), hidden, [(before(others[0], np.s_[70:, 30:180]), free(np.s_[70:, 30:180]))]) == []
    )
    found = reveal(before(first, LEFT), hidden, [(before(each, RIGHT), free(RIGHT)) for each in others])
    assert np.sum([one.shown for one in found], axis=0)[hidden > 0].max() == 1


def test_a_thing_of_the_person_that_one_picture_overlooks_is_not_taken() -> None:
    first, _ = seen(drawn_wall(3))
    shifts = ((3, 2), (-4, 1), (2, -3))
    others = [before(seen(drawn_wall(3), shift=shift)[0], RIGHT) for shift in shifts]
    for number, other in enumerate(others):
        other[120 + 20 * number : 130 + 20 * number, 80:90] = (250, 250, 0)  # an earring, elsewhere in each
    taken = np.zeros((SIZE, SIZE), np.uint8)
    filled = before(first, LEFT).astype(np.float32)
    for one in reveal(before(first, LEFT), 1 - free(LEFT), [(other, free(RIGHT)) for other in others]):
        filled = one.lay(filled, others[one.number])
        taken |= one.shown > 0
    assert taken[LEFT].sum() > 3000
    assert np.percentile(np.abs(filled - first).mean(2)[taken > 0], 99.9) < 25


def test_a_trace_of_the_person_beside_what_is_hidden_forbids_nothing() -> None:
    (first, _), (second, _) = seen(drawn_wall(3)), seen(drawn_wall(3), shift=(3, 2))
    traced = before(first, LEFT)
    traced[100:140, 48:50] = 255
    clean, beside = (
        np.max([one.shown for one in reveal(each, 1 - free(LEFT), [(before(second, RIGHT), free(RIGHT))])], axis=0)
        for each in (before(first, LEFT), traced)
    )
    assert beside[LEFT].sum() > 0.98 * clean[LEFT].sum()


def test_two_pictures_confirm_each_other_against_what_this_one_shows_near_by() -> None:
    """The person's lamp stands beside what is hidden: of one picture alone nothing is believed there."""
    first, _ = seen(drawn_wall(3))
    others = [(before(seen(drawn_wall(3), shift=shift)[0], RIGHT), free(RIGHT)) for shift in ((3, 2), (-4, 1))]
    lit = before(first, LEFT)
    lit[100:140, 30:50] = 255
    near = np.s_[110:130, 50:56]
    one, both = (
        np.max([np.zeros((SIZE, SIZE)), *(each.shown for each in reveal(lit, 1 - free(LEFT), some))], axis=0)[near]
        for some in (others[:1], others)
    )
    assert one.mean() < 0.1
    assert both.mean() > 0.9


def test_of_another_wall_nothing_is_taken() -> None:
    (first, _), (second, _) = seen(drawn_wall(1)), seen(drawn_wall(2))
    assert reveal(before(first, LEFT), 1 - free(LEFT), [(before(second, RIGHT), free(RIGHT))]) == []


def test_of_a_wall_that_does_not_tell_where_the_camera_went_nothing_is_taken() -> None:
    """Bands that go on from side to side look alike wherever the camera goes along them."""
    bands = np.repeat(drawn_wall(4)[:, :1], 2 * SIZE, axis=1)
    (first, _), (second, _) = seen(bands), seen(bands, shift=(9, 5))
    assert reveal(before(first, LEFT), 1 - free(LEFT), [(before(second, RIGHT), free(RIGHT))]) == []


def test_larger_pictures_show_it_as_sharply() -> None:
    large, small = drawn_wall(5, fineness=2), slice(None)
    first = large[:512, :512][small]
    other = np.roll(first, (7, -11), (0, 1))
    reduced = [cv2.resize(each, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for each in (first, other)]
    (one,) = reveal(before(reduced[0], LEFT), 1 - free(LEFT), [(before(reduced[1], RIGHT), free(RIGHT))])
    taken = cv2.resize(one.shown, (512, 512)) == 1
    filled = one.lay(np.zeros_like(first, np.float32), other)
    assert np.abs(filled - first)[taken].mean() < 5  # of unevenness 30
