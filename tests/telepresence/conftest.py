"""A face that talks, turns and blinks, 25 times a second."""

from fractions import Fraction

import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.types import Landmarks

RATE = 25


@pytest.fixture(scope="session")
def faces() -> list[Landmarks]:
    talk = builtin_motion("talk", seconds=6, rate=Fraction(RATE), seed=3).landmarks
    return list(np.concatenate([talk, builtin_motion("turn", seconds=4, rate=Fraction(RATE)).landmarks]))
