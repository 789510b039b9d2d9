import numpy as np
import pytest

from headcast.study.sets import draw_sets


@pytest.mark.parametrize("counts", [(3, 3) + (2,) * 12, (1,) * 7, (5, 1, 1), (1,)])
def test_nobody_is_seen_twice_and_the_sets_are_even(counts):
    people = [str(person) for person, count in enumerate(counts) for _ in range(count)]
    sets = draw_sets(people, np.random.default_rng(0))
    assert sorted(number for own in sets for number in own) == list(range(len(people)))
    assert len(sets) == max(counts)
    for own in sets:
        assert len({people[number] for number in own}) == len(own)
    sizes = [len(own) for own in sets]
    assert max(sizes) - min(sizes) <= (1 if max(counts) < len(counts) else len(counts) - 1)


def test_the_seed_decides_the_order_and_no_questions_need_no_set():
    people = list("aabbccddee")
    first, same, other = (draw_sets(people, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == same != other
    assert draw_sets([], np.random.default_rng(0)) == []
