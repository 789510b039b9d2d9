import threading
import time

import pytest

from headcast.media.side_by_side import side_by_side


def side_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("headcast-side")]


def test_results_come_in_the_order_of_the_items_though_later_ones_are_ready_first():
    def work(number: int) -> int:
        time.sleep(0.01 if number % 2 == 0 else 0)
        return number * number

    assert list(side_by_side(work, range(20), num_threads=3)) == [number * number for number in range(20)]
    assert side_threads() == []


def test_two_items_are_in_the_making_at_the_same_time_and_no_third():
    together = threading.Barrier(2)
    busy, most = [0], [0]
    guard = threading.Lock()

    def work(number: int) -> int:
        with guard:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        together.wait(timeout=10)  # BrokenBarrierError unless another one is at work
        with guard:
            busy[0] -= 1
        return number

    assert list(side_by_side(work, range(8), num_threads=2)) == list(range(8))
    assert most[0] == 2


def test_items_are_taken_only_a_little_ahead_of_the_reader():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    results = side_by_side(lambda number: number, items(), num_threads=2)
    for read in range(1, 20):
        next(results)
        assert len(taken) == read + 2
    results.close()


def test_an_error_arrives_after_the_results_before_it():
    def work(number: int) -> int:
        if number == 2:
            raise OSError("the disk is gone")
        return number

    results = side_by_side(work, range(9), num_threads=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)
    assert side_threads() == []


def test_closing_early_ends_the_threads_and_closes_the_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    results = side_by_side(lambda number: number, items(), num_threads=2)
    next(results)
    results.close()
    assert closed.is_set()
    assert side_threads() == []


def test_no_thread_at_all_is_refused():
    with pytest.raises(ValueError, match="num_threads is 0"):
        side_by_side(lambda number: number, [1], num_threads=0)
