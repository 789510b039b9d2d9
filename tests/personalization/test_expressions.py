"""One photo with closed lips and open eyes must not teach an avatar to keep them so."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.personalization.expression import measure_openings
from headcast.personalization.personalize import personalize
from headcast.reenact.driver import Driver
from headcast.reenact.source import Source, open_source

RATE = Fraction(24)  # a blink is short
MOTIONS = (("talk", 0), ("blink", 1))  # and which opening they move


def reach(source: Source) -> np.ndarray:
    """How far lips and lids (2,) move in built-in motions, in eye distances."""
    driver = Driver(source.sitter, source.avatar, paste_back=False, device="cpu", precision="f32")
    reached = []
    for name, column in MOTIONS:
        driving = list(builtin_motion(name, seconds=2, rate=RATE).landmarks)
        driver.measure_from(driving)
        openings = measure_openings([driver(landmarks) for landmarks in driving])[:, column]
        assert np.isfinite(openings).mean() > 0.95
        reached.append(np.nanpercentile(openings, 98) - np.nanpercentile(openings, 2))
    return np.array(reached)


@pytest.mark.slow
def test_lips_and_lids_move_as_far_after_tuning_on_one_closed_mouth(tmp_path: Path, hopper_path: Path) -> None:
    avatar = tmp_path / "grace.avatar"
    result = personalize(hopper_path, avatar)
    assert result.num_shots == 1
    before, after = reach(open_source(hopper_path)), reach(open_source(avatar))
    assert before.min() > 0.03  # both do move
    np.testing.assert_allclose(after / before, 1.0, atol=0.1)
