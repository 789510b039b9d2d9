"""Work in, its results out, in the same order; several items are worked on at a time, each in a thread."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], num_threads: int) -> Iterator[Result]:
    """Yield `work` of each item, in order; `num_threads` (>= 1) items are in the making while one is with the reader.

    An error is raised here, after the results before it. Closing the returned generator closes `items` and ends the
    threads, once what is in the making is done.

    >>> list(side_by_side(lambda number: number * number, range(4), num_threads=2))
    [0, 1, 4, 9]
    """
    if num_threads < 1:
        raise ValueError(f"num_threads is {num_threads}, expected at least 1")
    return _worked_on(work, items, num_threads)


def in_background(make: Callable[[], Result]) -> Callable[[], Result]:
    """Start to `make` something in a thread; return what waits for it and gives it, as often as it is asked.

    >>> in_background(lambda: 6 * 7)()
    42
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="headcast-background")
    made = pool.submit(make)
    pool.shutdown(wait=False)
    return made.result


def _worked_on(work: Callable[[Item], Result], items: Iterable[Item], num_threads: int) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(num_threads, thread_name_prefix="headcast-side") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > num_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            close = getattr(items, "close", None)
            if close is not None:
                close()
