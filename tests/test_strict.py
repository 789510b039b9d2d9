import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headcast import strict


@pytest.mark.parametrize("text", ["1e100000000", "1/0", "-1", "1.5", "", "1/3/5", "٣", "9" * 19, None, 3, [1]])
def test_a_fraction_is_two_short_numbers(text: object):
    with pytest.raises(ValueError, match="rate is"):
        strict.parse_fraction(text, 0, 10**18, "rate")


def test_a_fraction_within_its_limits_is_exact():
    assert strict.parse_fraction("30000/1001", 1, 1000, "rate") == Fraction(30000, 1001)
    with pytest.raises(ValueError, match="rate is '0', expected a fraction from 1 to 1000"):
        strict.parse_fraction("0", 1, 1000, "rate")


@pytest.mark.parametrize("value", [True, 1.0, "1", None, -1, 11, 10**400, float("nan"), [], {}])
def test_a_whole_number_is_nothing_else(value: object):
    with pytest.raises(ValueError, match="expected a whole number from 0 to 10") as caught:
        strict.whole(value, 0, 10, "seed")
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), -1.5, 10**400, []])
def test_a_number_is_finite(value: object):
    with pytest.raises(ValueError, match="share is"):
        strict.finite(value, 0, 1, "share")


def test_a_whole_number_beyond_all_floats_is_refused_without_limits_too():
    """Found in 20,000 damaged records of an evaluation."""
    with pytest.raises(ValueError, match="SSIM is a huge number"):
        strict.finite(10**400, -math.inf, math.inf, "SSIM")


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        '{"a": Infinity}',
        '{"a": -Infinity}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + "0," * 5_000_000 + "0]",
        "1" * 5000,
        b"\xff\xfe{}",
        "",
        "{",
    ],
)
def test_a_hostile_text_is_no_table(text: str | bytes):
    with pytest.raises(ValueError):
        strict.parse_table(text)


def test_a_table_may_begin_with_a_byte_order_mark(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode())
    assert strict.read_json_table(tmp_path / "a.json") == {"a": 1}


def test_a_large_file_is_not_read(tmp_path: Path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match="larger than 64 MB"):
        strict.read_json_table(tmp_path / "a.json")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e7, 0.0, 5.0])
def test_landmarks_without_place_or_size_are_refused(value: float):
    faces = np.random.default_rng(0).uniform(0, 256, (3, 478, 3)).astype(np.float32)
    strict.check_landmarks(faces)
    faces[1] = value
    with pytest.raises(ValueError, match="its landmarks"):
        strict.check_landmarks(faces)
