import threading
import time

import pytest

from headcast.media.prefetch import prefetch


def prefetch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "headcast-prefetch"]


def test_gives_the_same_items_in_the_same_order_from_another_thread():
    makers = set()

    def items():
        for number in range(100):
            makers.add(threading.current_thread())
            yield number

    assert list(prefetch(items(), depth=3)) == list(range(100))
    assert threading.current_thread() not in makers and len(makers) == 1
    assert prefetch_threads() == []


def test_works_ahead_but_never_further_than_the_depth():
    made = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    with_gap = prefetch(items(), depth=4)
    for taken in range(1, 20):
        next(with_gap)
        time.sleep(0.002)
        assert len(made) <= taken + 4
    deadline = time.monotonic() + 5
    while len(made) < 19 + 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(made) == 19 + 4
    with_gap.close()


def test_an_error_arrives_after_the_items_before_it_with_its_origin():
    def items():
        yield 1
        yield 2
        raise OSError("the disk is gone")

    reader = prefetch(items(), depth=8)
    assert [next(reader), next(reader)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone") as caught:
        next(reader)
    assert caught.traceback[-1].name == "items"
    assert prefetch_threads() == []


def test_closing_early_ends_the_thread_and_closes_the_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    reader = prefetch(items(), depth=2)
    next(reader)
    assert len(prefetch_threads()) == 1
    reader.close()
    assert closed.is_set()
    assert prefetch_threads() == []


def test_an_iterable_that_is_no_generator_may_be_empty():
    assert list(prefetch([], depth=1)) == []


def test_refuses_a_depth_of_zero_at_once():
    with pytest.raises(ValueError, match="depth is 0, expected at least 1"):
        prefetch([1], depth=0)
