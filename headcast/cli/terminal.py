"""What a command has to say in, lines on a terminal or in a pipe out: whatever names hold, and wherever it goes."""

import contextlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from headcast.errors import HeadcastError
from headcast.printable import printable

SLOW_TO_START: Final = (
    "animate",
    "live",
    "personalize",
    "photos",
    "demo",
    "prepare",
    "train",
    "evaluate",
    "study",
    "bench",
)


def accept_any_text() -> None:
    """Have both streams write what they cannot encode (an ASCII terminal, a broken file name) as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def start_log(level: str) -> None:
    """Send what modules log to stderr, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("headcast: %(levelname)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def announce(command: str) -> None:
    """Say at once, to people, what begins: loading networks may take some seconds."""
    if command in SLOW_TO_START and sys.stderr is not None and sys.stderr.isatty():
        complain(f"{command} ...")


def complain(message: str) -> None:
    """Say one thing on stderr, which may be full or closed."""
    with contextlib.suppress(OSError, ValueError):
        print(f"headcast: {printable(message)}", file=sys.stderr, flush=True)


def write_report(lines: Sequence[str], exit_code: int, *, as_it_is: bool = False) -> int:
    """Print lines on stdout; the exit code, another one where they could not be written."""
    if not lines:
        return exit_code
    try:
        print("\n".join(lines if as_it_is else map(printable, lines)), flush=True)
    except BrokenPipeError:  # the reader (`| head`) has left
        _silence_stdout()
        return 141
    except OSError as error:
        _silence_stdout()
        complain(f"error: cannot write the report: {error.strerror}; check where the output goes")
        return 2
    return exit_code


def what_happened(error: Exception) -> str:
    """One line for an error that the user, or whoever runs the machine, can fix."""
    if isinstance(error, HeadcastError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; close other programs, or give smaller files"
    name = getattr(error, "filename", None)
    where = f" ({os.fsdecode(name)})" if isinstance(name, str | bytes) else ""
    reason = getattr(error, "strerror", None) or error
    return f"{reason}{where}; check the file, the free space and the permissions"


class _OneLine(logging.Formatter):
    """A formatter that lets no message break out of its line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Return the line, without the traceback that may follow it."""
        record.message = printable(record.message)
        return super().formatMessage(record)


def _silence_stdout() -> None:
    """Point stdout elsewhere, so that Python's own flush at the end says nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
