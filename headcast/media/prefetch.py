"""An iterable in, the same items out, made ahead of time by one background thread."""

import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """What the thread sends last, with the error that stopped it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetch(items: Iterable[Item], depth: int) -> Iterator[Item]:
    """Run `items` in a thread, at most `depth` (>= 1) items ahead of the reader, in the same order.

    An error in `items` is raised here, after the items before it. Closing the returned generator ends the thread
    (once the item in the making is done) and closes `items`. The thread starts with the first item asked for.

    >>> list(prefetch((number * number for number in range(4)), depth=2))
    [0, 1, 4, 9]
    """
    if depth < 1:
        raise ValueError(f"depth is {depth}, expected at least 1")
    return _prefetched(items, depth)


def _prefetched(items: Iterable[Item], depth: int) -> Iterator[Item]:
    ready: SimpleQueue[Item | _End] = SimpleQueue()
    free_places = threading.Semaphore(depth)
    closing = threading.Event()
    arguments = (items, ready, free_places, closing)
    thread = threading.Thread(target=_produce, args=arguments, name="headcast-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            free_places.release()
            yield item
    finally:
        closing.set()
        free_places.release()  # wakes a thread that waits for room
        thread.join()


def _produce(
    items: Iterable[Item],
    ready: "SimpleQueue[Item | _End]",
    free_places: threading.Semaphore,
    closing: threading.Event,
) -> None:
    """Fill `ready` until `items` ends, fails or the reader leaves."""
    try:
        iterator = iter(items)
        try:
            while True:
                free_places.acquire()
                if closing.is_set():
                    return
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                ready.put(item)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
    except BaseException as error:  # whatever it is, it belongs to the reader, not to this thread
        ready.put(_End(error))
    else:
        ready.put(_End())
