"""One photo with closed lips and open eyes must not teach an avatar to keep them so."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headcast.face.builtin import builtin_motion
from headcast.personalization.expression import measure_openings
from headcast.personalization.personalize import personalize
from headcast.reenact.driver import Driver
from headcast.reenact.source import Source, open_source

MOTIONS = ("talk", "blink", "surprise")


def openings(source: Source) -> np.ndarray:
    """Lip gap and lid opening (N, 2) through built-in motions."""
    driving = np.concatenate([builtin_motion(name, seconds=4, rate=Fraction(6)).landmarks for name in MOTIONS])
    driver = Driver(source.sitter, source.avatar, paste_back=False, device="cpu", precision="f32")
    driver.measure_from(list(driving))
    return measure_openings([driver(landmarks) for landmarks in driving])


@pytest.mark.slow
def test_lips_and_lids_move_as_far_after_tuning_on_one_closed_mouth(tmp_path: Path, hopper_path: Path) -> None:
    avatar = tmp_path / "grace.avatar"
    result = personalize(hopper_path, avatar)
    assert result.num_shots == 1
    before, after = openings(open_source(hopper_path)), openings(open_source(avatar))
    seen = np.isfinite(before).all(1) & np.isfinite(after).all(1)
    assert seen.mean() > 0.95
    reach = [np.percentile(each[seen], 95, axis=0) - np.percentile(each[seen], 5, axis=0) for each in (before, after)]
    assert reach[0].min() > 0.05  # both do move
    np.testing.assert_allclose(reach[1] / reach[0], 1.0, atol=0.1)
