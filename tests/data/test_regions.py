"""Boxes and weights against where mouth and eyes are."""

import numpy as np
import pytest

from headcast.data.clips import Clip
from headcast.data.regions import (
    BACKGROUND,
    EYES,
    EYES_ASPECT,
    FACE,
    MOUTH,
    MOUTH_ASPECT,
    eyes_loss_box,
    mouth_loss_box,
)
from headcast.data.regions import region_weights as weights_of
from headcast.geometry.topology import LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from headcast.types import Landmarks


@pytest.mark.parametrize(
    ("box_of", "ring", "aspect"),
    [(mouth_loss_box, OUTER_LIPS, MOUTH_ASPECT), (eyes_loss_box, (*LEFT_EYE, *RIGHT_EYE), EYES_ASPECT)],
)
def test_a_box_has_its_aspect_and_holds_its_part(clip: Clip, box_of: object, ring: tuple, aspect: float) -> None:
    for landmarks in clip.landmarks[::5]:
        left, top, width, height = box_of(landmarks)
        assert width / height == pytest.approx(aspect)
        points = landmarks[list(ring), :2]
        assert (points > [left, top]).all()
        assert (points < [left + width, top + height]).all()


def test_an_opening_mouth_does_not_change_the_boxs_size(clip: Clip) -> None:
    landmarks: Landmarks = clip.landmarks[0]
    wide = landmarks.copy()
    wide[list(OUTER_LIPS[11:]), 1] += 15
    before, after = mouth_loss_box(landmarks), mouth_loss_box(wide)
    np.testing.assert_allclose(after[2:], before[2:])
    assert after[1] - before[1] == pytest.approx(7.5, abs=1)


def test_mouth_counts_most_then_eyes_face_and_background(clip: Clip) -> None:
    shot = clip.shot(0)
    weights = weights_of(shot)
    assert weights.dtype == np.float32

    def at(points: list[int]) -> float:
        x, y = shot.landmarks[points, :2].mean(0).round().astype(int)
        return float(weights[y, x])

    assert at([13, 14]) == pytest.approx(MOUTH)
    assert at([159, 145]) == pytest.approx(EYES)
    assert at([386, 374]) == pytest.approx(EYES)
    assert at([151]) == pytest.approx(FACE)
    assert weights[5, 5] == pytest.approx(BACKGROUND)
    assert weights.max() == pytest.approx(MOUTH)
