"""The built-in portraits are whole, and unknown names are refused."""

import pytest

from headcast.media.portraits import PORTRAITS, read_portrait


def test_the_portraits_are_whole() -> None:
    assert {name: read_portrait(name).shape for name in PORTRAITS} == {
        "astronaut": (512, 512, 3),
        "hopper": (600, 512, 3),
    }


def test_another_name_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="a built-in portrait is one of astronaut, hopper, not 'mona'"):
        read_portrait("mona")
