"""Episodes of one person: what is shown, what is hidden, what is never learned from."""

from collections.abc import Sequence

import numpy as np
import pytest

from headcast.data.clips import Clip
from headcast.data.episodes import Arrays, EpisodeSettings, resize_shot
from headcast.data.person import Person
from headcast.types import Shot
from headcast.warping.draw import draw_landmark_image

SIZE = 64
SETTINGS = EpisodeSettings(batch_size=6, num_shots=1, frame_size=SIZE, shot_size=32, disguise=False)
WARPED = slice(3, 6)
EYES_INSIDE = 8


@pytest.fixture(scope="module")
def shots(clip: Clip) -> list[Shot]:
    """Five moments of one clip."""
    return [resize_shot(clip.shot(number), SIZE) for number in (0, 6, 12, 18, 24)]


def as_pictures(shots: Sequence[Shot]) -> list[bytes]:
    return [shot.image.transpose(2, 0, 1).tobytes() for shot in shots]


def test_one_photo_is_moved_first_and_is_the_target_untouched(shots: list[Shot]) -> None:
    batch = next(Person(shots[:1], SETTINGS, seed=1).batches())
    assert [picture.tobytes() for picture in batch["target"]] == as_pictures(shots[:1]) * 6
    difference = np.abs(batch["conditioning"][:, WARPED].astype(float) - batch["target"]).mean((1, 2, 3))
    assert (difference > 0.5).all()  # it was carried away and back, so it is not the target ...
    assert (difference < 25.0).all()  # ... but still the person
    assert len({picture.tobytes() for picture in batch["conditioning"]}) == 6


def test_motions_to_hold_on_to_shut_the_eyes_of_one_frame_in_three(shots: list[Shot]) -> None:
    moving = Person(shots[:1], SETTINGS, seed=1).moving(6, stream=0)
    open_eyes = [(maps > 128).sum() for maps in moving["conditioning"][:, EYES_INSIDE]]
    assert max(open_eyes[0], open_eyes[3]) < min(open_eyes[1], open_eyes[2])


def test_of_several_shots_one_in_four_judges_and_is_not_learned_from(shots: list[Shot]) -> None:
    person = Person(shots, SETTINGS, seed=1)
    assert person.num_held_out == 1
    batches = person.batches()
    learned = {picture.tobytes() for _ in range(6) for picture in next(batches)["target"]}
    pictures = as_pictures(shots)
    assert pictures[3] not in learned
    assert {pictures[0], pictures[1], pictures[2], pictures[4]} <= learned  # as self-made episodes
    assert len(person.judging(9)["target"]) == 1


def test_no_shot_is_seen_in_what_must_become_it(shots: list[Shot]) -> None:
    marked = shots[1].image.copy()
    x, y = shots[1].landmarks[14, :2].round().astype(int)
    marked[y - 2 : y + 3, x - 4 : x + 5] = (0, 255, 0)  # nobody else has green lips
    person = Person([shots[0], Shot(marked, shots[1].landmarks, shots[1].matte), shots[2]], SETTINGS, seed=1)
    batches = person.batches()
    rows = [row for _ in range(8) for batch in [next(batches)] for row in zip(*batch.values(), strict=True)]
    names = list(next(person.batches()))
    target, conditioning = names.index("target"), names.index("conditioning")
    left_out = [
        row for row in rows if green(row[target]) and row[target].tobytes() != marked.transpose(2, 0, 1).tobytes()
    ]
    assert len(left_out) >= 3
    assert not any(green(row[conditioning][WARPED]) for row in left_out)
    assert any(green(row[conditioning][WARPED]) for row in rows)  # others do look at it


def green(picture: np.ndarray) -> bool:
    red, tint, blue = picture.astype(int)
    return bool((tint - np.maximum(red, blue) > 60).any())


def test_a_held_out_shot_stands_in_the_light_and_before_the_background_that_is_shown(shots: list[Shot]) -> None:
    dark = Shot((shots[3].image * 0.8).astype(np.uint8), shots[3].landmarks, shots[3].matte)
    judged = Person([*shots[:3], dark], SETTINGS, seed=1).judging(1)
    target, warped = judged["target"][0].astype(float), judged["conditioning"][0, WARPED].astype(float)
    matte = shots[3].matte
    assert np.abs(target - warped)[:, matte == 0].max() <= 1
    true = shots[3].image.transpose(2, 0, 1).astype(float)
    assert np.abs(target - true)[:, matte == 1].mean() < np.abs(0.8 * true - true)[:, matte == 1].mean() / 2


def test_too_few_shots_are_judged_by_self_made_episodes_of_their_own(shots: list[Shot]) -> None:
    person = Person(shots[:3], SETTINGS, seed=1)
    assert person.num_held_out == 0
    judged, learned = person.judging(4), next(person.batches())
    assert len(judged["target"]) == 4
    seen = {picture.tobytes() for picture in learned["conditioning"]}
    assert not seen & {picture.tobytes() for picture in judged["conditioning"]}


def test_the_papers_form_learns_each_shot_from_its_own_landmarks(shots: list[Shot]) -> None:
    person = Person(shots, SETTINGS, seed=1, reads_warp=False)
    pictures = as_pictures(shots)
    drawn = [draw_landmark_image(shot.landmarks, SIZE).transpose(2, 0, 1).tobytes() for shot in shots]
    batches, judged = person.batches(), person.judging(1)
    learned = [next(batches) for _ in range(4)]
    pairs = {(drawn, true) for batch in learned for drawn, true in _pairs(batch)}
    assert pairs == {(drawn[number], pictures[number]) for number in (0, 1, 2, 4)}
    assert _pairs(judged) == [(drawn[3], pictures[3])]  # the held-out shot as it is: no other's light or background


def _pairs(batch: Arrays) -> list[tuple[bytes, bytes]]:
    """Each episode's landmark image and target."""
    return [(c[:3].tobytes(), t.tobytes()) for c, t in zip(batch["conditioning"], batch["target"], strict=True)]


def test_motions_differ_from_stream_to_stream_and_repeat(shots: list[Shot]) -> None:
    person = Person(shots[:1], SETTINGS, seed=1)
    first, again, other = (person.moving(3, stream)["conditioning"] for stream in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_same_seed_draws_the_same_episodes(shots: list[Shot]) -> None:
    first, second = (next(Person(shots, SETTINGS, seed=3).batches()) for _ in range(2))
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


def test_no_shot_or_one_of_another_size_is_refused(shots: list[Shot]) -> None:
    with pytest.raises(ValueError, match="at least one shot"):
        Person([], SETTINGS, seed=0)
    with pytest.raises(ValueError, match="every shot must be 64 pixels square"):
        Person([resize_shot(shots[0], 32)], SETTINGS, seed=0)
