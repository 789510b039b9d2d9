"""A signal that asks the program to end in, an ordinary end of it, with its files tidied up, out."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit in the block, so that what it began to write is removed; twice, they kill."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    listened = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    earlier = {number: signal.signal(number, _end) for number in listened if not _is_ignored(number)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _end(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_DFL)
    sys.exit(128 + number)


def _is_ignored(number: int) -> bool:
    """Tell whether whoever started the program wants a signal ignored, as nohup does."""
    return signal.getsignal(number) is signal.SIG_IGN
