"""What a stranger's file says in, numbers, tables and landmarks within their limits out; ValueError for all else."""

import json
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from headcast.limits import MAX_JSON_BYTES, MAX_JSON_VALUES, MAX_PLACE

_FACES_AT_A_TIME: Final = 1000  # that are checked, so that a long motion is not copied
_LEAST_SIZE: Final = 1.0  # pixels in width and height, of a face
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_FRACTION: Final = re.compile(r"([0-9]{1,18})(?:/([0-9]{1,18}))?")


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The content of an ordinary file; ValueError where it is larger than `max_bytes`, or no file (a pipe, say)."""
    if not path.is_file():
        raise ValueError("it is no ordinary file" if path.exists() else "there is no such file")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is larger than {_size(max_bytes)}")
    return content


def read_json_table(path: Path, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """The JSON object in a file of at most `max_bytes`; OSError or ValueError where there is none."""
    return parse_table(read_bytes(path, max_bytes))


def parse_table(text: bytes | str) -> dict[str, Any]:
    """The JSON object that a text holds."""
    table = parse_json(text)
    if not isinstance(table, dict):
        raise ValueError("it is no JSON table")
    return table


def parse_json(text: bytes | str) -> Any:
    """The value of a JSON text: no NaN, no infinity, not too many values, not too deep, in UTF-8 with or without mark.

    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_JSON_VALUES:
        raise ValueError(f"it holds more than {MAX_JSON_VALUES} values")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def whole(value: object, low: int, high: int, name: str) -> int:
    """A whole number from `low` to `high`, as JSON has it: no text, no truth value, no 1.0.

    >>> whole(3, 0, 9, "num_frames")
    3
    """
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {_shown(value)}, expected a whole number from {low} to {high}")
    return value


def finite(value: object, low: float, high: float, name: str) -> float:
    """A number from `low` to `high`, as JSON has it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {_shown(value)}, expected a number")
    is_huge = isinstance(value, int) and abs(value) >= 2**1023  # beyond what a float holds
    if is_huge or not (low <= value <= high) or not math.isfinite(value):
        raise ValueError(f"{name} is {_shown(value)}, expected {low:g} to {high:g}")
    return float(value)


def text(value: object, name: str, max_length: int = 1000) -> str:
    """A text of at most `max_length` letters."""
    if not isinstance(value, str) or len(value) > max_length:
        raise ValueError(f"{name} is {_shown(value)}, expected a text of at most {max_length} letters")
    return value


def texts(value: object, name: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise ValueError(f"{name} is {_shown(value)}, expected a list of texts")
    return tuple(text(each, name) for each in value)


def table(value: object, name: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {_shown(value)}, expected a table")
    return value


def parse_whole(digits: str, low: int, high: int, name: str) -> int:
    """A whole number written in digits, at most 19 of them."""
    if not _WHOLE.fullmatch(digits):
        raise ValueError(f"{name} is {_shown(digits)}, expected a whole number from {low} to {high}")
    return whole(int(digits), low, high, name)


def parse_fraction(digits: object, low: Fraction | int, high: Fraction | int, name: str) -> Fraction:
    """A fraction written as 30000/1001 or 25; the powers of ten that `Fraction` also reads could fill the memory.

    >>> parse_fraction("30000/1001", 0, 1000, "rate")
    Fraction(30000, 1001)
    """
    match = _FRACTION.fullmatch(digits) if isinstance(digits, str) else None
    if match and int(match[2] or 1) and low <= (value := Fraction(int(match[1]), int(match[2] or 1))) <= high:
        return value
    raise ValueError(f"{name} is {_shown(digits)}, expected a fraction from {low} to {high}")


def check_landmarks(landmarks: NDArray[np.float32]) -> None:
    """Raise ValueError unless each face of (478, 3) or (N, 478, 3) has finite landmarks, near the image, and a size."""
    faces = landmarks if landmarks.ndim == 3 else landmarks[None]
    for start in range(0, len(faces), _FACES_AT_A_TIME):
        some = faces[start : start + _FACES_AT_A_TIME]
        if not np.abs(some).max() <= MAX_PLACE:  # false for NaN, too
            raise ValueError("its landmarks are not finite numbers near the image")
        if np.ptp(some[:, :, :2], axis=1).min() < _LEAST_SIZE:
            raise ValueError("its landmarks all lie in one place, or on a line")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}")


def _shown(value: object) -> str:
    """A value for a message: short, in one line, and no huge number spelt out."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge number"
    shown = repr(value) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _size(num_bytes: int) -> str:
    return f"{num_bytes >> 20} MB" if num_bytes >= 1 << 20 else f"{num_bytes >> 10} kB"
