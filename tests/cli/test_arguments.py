import argparse

import pytest

from headcast.cli.arguments import canonical, motion_argument, number, whole_number
from headcast.errors import MotionError


def test_underscores_become_hyphens_in_options_only():
    assert canonical(["--paste_back", "my_photo.jpg", "--log_level=debug", "-o", "a_b.mp4"]) == [
        "--paste-back",
        "my_photo.jpg",
        "--log-level=debug",
        "-o",
        "a_b.mp4",
    ]


def test_a_value_keeps_its_underscores():
    assert canonical(["--source=my_photo.jpg"]) == ["--source=my_photo.jpg"]


def test_the_names_of_other_programs_are_understood():
    words = ["--source_image", "a.jpg", "--driving_video", "b.mp4", "--result_video", "c.mp4", "--cpu"]
    assert canonical(words) == ["--source", "a.jpg", "--driving", "b.mp4", "--output", "c.mp4", "--device=cpu"]


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1.5", 1.5), ("3", 3.0)])
def test_a_number_within_its_bounds(text, value):
    assert number(0, 3)(text) == value


@pytest.mark.parametrize("text", ["-0.1", "3.1", "nan", "inf", "much", ""])
def test_a_number_out_of_bounds_is_refused_with_the_bounds(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a number from 0 to 3"):
        number(0, 3)(text)


@pytest.mark.parametrize("text", ["0", "33", "1.5", "eight"])
def test_a_count_is_a_whole_number(text):
    assert whole_number(1, 32)("32") == 32
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is not a whole number from 1 to 32"):
        whole_number(1, 32)(text)


def test_a_built_in_motion_is_taken_by_name_and_a_file_by_path(tmp_path):
    file = tmp_path / "own.motion"
    file.write_bytes(b"x")
    assert motion_argument("talk") == "talk"
    assert motion_argument(str(file)) == file


def test_an_unknown_motion_is_answered_with_the_known_ones():
    with pytest.raises(MotionError, match=r"no motion 'tlak': give a \.motion file or one of .*talk"):
        motion_argument("tlak")
