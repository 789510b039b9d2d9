"""The mean inside of a mouth against what is known of mouths."""

from itertools import pairwise

import numpy as np
import pytest

from headcast.close_ups.mouth_mean import (
    DETAIL,
    GAPS,
    ORIGIN,
    SCALE,
    draw_mouth,
    draw_mouth_of,
    mean_patch,
    mouth_features,
)
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, measure_controls, neutral_face, remove_pose
from headcast.geometry.topology import MID_INNER_LIPS
from headcast.types import Shot

SKIN = np.array([200.0, 160.0, 140.0])
SMILE, SPEECH = 1.1, 0.8  # widths in eye distances


def at(drawing: np.ndarray, x: float, y: float) -> np.ndarray:
    """The drawing's colour at a place in eye distances from the middle of the closed lips."""
    column, row = (round((place - start) * SCALE * DETAIL) for place, start in zip((x, y), ORIGIN, strict=True))
    return drawing[row, column]


def test_teeth_of_a_smile_are_pale_and_the_corners_are_dark() -> None:
    drawing = draw_mouth(0.17, SMILE, SKIN)
    teeth, corner = at(drawing, 0.06, 0.02), at(drawing, 0.44, 0.02)
    assert teeth.mean() > 2 * corner.mean()
    assert np.ptp(teeth) / teeth.mean() < 0.5 * np.ptp(SKIN) / SKIN.mean() + 0.1  # rather grey than skin


def test_teeth_are_not_whiter_than_skin_in_speech() -> None:
    assert draw_mouth(0.17, SPEECH, SKIN)[30:60].mean(-1).max() < SKIN.mean()


def test_upper_teeth_stay_with_the_skull_while_the_jaw_drops() -> None:
    wide = draw_mouth(0.45, 1.0, SKIN)
    assert at(wide, 0.05, -0.07).mean() > at(wide, 0.05, 0.07).mean() + 20  # teeth above, throat and tongue below


def test_the_look_changes_without_jumps() -> None:
    steps = [draw_mouth(gap, 0.9, SKIN) for gap in np.linspace(0, 0.6, 121)]
    assert max(float(np.abs(one - other).max()) for one, other in pairwise(steps)) < 25
    assert mouth_features(GAPS[2], 0.9)[:5].tolist() == [0, 0, 1, 0, 0]


def test_a_darker_photo_gets_a_darker_mouth_and_a_grey_one_a_grey_mouth() -> None:
    light, dark = (draw_mouth(0.2, 0.9, skin) for skin in (SKIN, SKIN / 2))
    assert dark.mean() / light.mean() == pytest.approx(0.5**0.8, abs=0.05)
    assert np.ptp(draw_mouth(0.2, 0.9, np.full(3, 150.0)), axis=2).max() < 1e-3


def test_it_lies_between_the_lips(shot: Shot) -> None:
    pose = fit_pose(shot.landmarks)
    face = remove_pose(shot.landmarks, pose)
    opened = set_openings(face, np.array([0.3, *measure_controls(face)[4:6]]))
    contact = neutral_face(opened)[list(MID_INNER_LIPS)].mean(0)
    drawn = draw_mouth_of(opened, SKIN)
    patch = mean_patch(drawn, apply_pose(opened, pose), opened, pose, contact, shot.image.shape[:2])
    inside = patch.colour[patch.inside > 0.9]
    assert len(inside) > 100 and patch.shown.max() == 0
    assert inside.mean() < 0.85 * SKIN.mean()
