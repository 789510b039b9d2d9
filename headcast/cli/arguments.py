"""Command-line text in, checked values out: what several commands share."""

import argparse
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from headcast.errors import MotionError
from headcast.printable import printable

Number = TypeVar("Number", int, float)

ALIASES: Final = {
    # The names of First Order Motion Model and LivePortrait, so that their notebooks run.
    "--source-image": "--source",
    "--driving-video": "--driving",
    "--result-video": "--output",
    "--driving-multiplier": "--strength",
    "--cpu": "--device=cpu",
}
LOG_LEVELS: Final = ("error", "warning", "info", "debug")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like all others of the program."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2."""
        self.exit(2, f"headcast: error: {printable(message)}; see {self.prog} --help\n")


def common_options() -> Parser:
    """What every command and action understands, as a parent parser.

    Without defaults here: an inner parser's default would overwrite what stands before the inner command.
    """
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="print one line of JSON instead of text")
    common.add_argument("--log-level", choices=LOG_LEVELS, help="default: warning")
    return common


def canonical(arguments: Sequence[str]) -> list[str]:
    """Options written with underscores or with another program's names, in our words; values stay as they are.

    >>> canonical(["animate", "--source_image=my_photo.jpg", "--cpu"])
    ['animate', '--source=my_photo.jpg', '--device=cpu']
    """
    return [_canonical_option(argument) if argument.startswith("--") else argument for argument in arguments]


def number(low: float, high: float) -> Callable[[str], float]:
    """An argparse type: a number from `low` to `high`, both allowed."""
    return _bounded(float, low, high, "a number")


def whole_number(low: int, high: int = 2**63 - 1) -> Callable[[str], int]:
    """An argparse type: a whole number from `low` to `high`, both allowed."""
    return _bounded(int, low, high, "a whole number")


def motion_argument(name_or_file: str) -> Path | str:
    """The name of a built-in motion as it is, or the path of an existing motion file; MotionError for neither."""
    from headcast.geometry.builtin import builtin_motion_names

    names = builtin_motion_names()
    if name_or_file in names:
        return name_or_file
    path = Path(name_or_file)
    if path.is_file():
        return path
    raise MotionError(f"no motion {name_or_file!r}: give a .motion file or one of {', '.join(names)}")


def _bounded(convert: Callable[[str], Number], low: Number, high: Number, kind: str) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        with contextlib.suppress(ValueError):
            if low <= (value := convert(text)) <= high:
                return value
        limits = [f"{limit:g}" if isinstance(limit, float) else str(limit) for limit in (low, high)]
        raise argparse.ArgumentTypeError(f"{text!r} is not {kind} from {limits[0]} to {limits[1]}")

    return parse


def _canonical_option(argument: str) -> str:
    name, equals, value = argument.partition("=")
    name = name.replace("_", "-")
    return ALIASES.get(name, name) + equals + value
