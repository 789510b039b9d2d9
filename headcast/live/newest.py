"""Items in from one thread, the newest out in another: what is older than it is dropped and counted."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Newest(Generic[Item]):
    """A place for one item."""

    def __init__(self) -> None:
        self._item: Item | None = None
        self._error: BaseException | None = None
        self._is_closed = False
        self._changed = threading.Condition()
        self.num_dropped = 0

    def put(self, item: Item) -> None:
        """Leave an item; one that still lies there is dropped."""
        with self._changed:
            self.num_dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def close(self, error: BaseException | None = None) -> None:
        """Say that no more items will come; an error is raised by `take` after the last."""
        with self._changed:
            self._is_closed, self._error = True, error
            self._changed.notify()

    def take(self, timeout: float | None = None) -> Item | None:
        """Wait for an item; None when no more will come, or none came in so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._is_closed, timeout)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item

    @property
    def is_closed(self) -> bool:
        """Whether no more items will come."""
        return self._is_closed and self._item is None
