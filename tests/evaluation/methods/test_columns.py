from dataclasses import replace

import numpy as np
import pytest

from headcast.avatars.from_torch import weights_of
from headcast.evaluation.cross_reenactment import SourcePortrait
from headcast.evaluation.methods.columns import columns_of
from headcast.evaluation.protocol import Settings
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, remove_pose
from headcast.media.portraits import read_portrait
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.types import Landmarks


def opened(landmarks: Landmarks, gap: float) -> Landmarks:
    pose = fit_pose(landmarks)
    return apply_pose(set_openings(remove_pose(landmarks, pose), np.array([gap, 0.1, 0.1])), pose)


@pytest.mark.parametrize("num_shots", [1, 3])
def test_a_persons_frames_do_not_depend_on_who_drove_before(make_clip, num_shots: int) -> None:
    """Shots differ in light and in how far they are open, so which of them is shown can be seen."""
    clip = make_clip("anna_1", read_portrait("astronaut"))
    shot = clip.shot(0)
    shots = [
        replace(shot, image=shot.image // (number + 1), landmarks=opened(shot.landmarks, gap))
        for number, gap in enumerate((0.0, 0.1, 0.2))
    ][:num_shots]
    model = build_model(PRESETS["tiny"], seed=3)
    (column,) = columns_of(model, weights_of(model), Settings((num_shots,)), {})
    assert column.drive is not None
    source = SourcePortrait("anna_1", "anna", tuple(shots))
    alone = column.drive(source)(opened(shot.landmarks, 0.06))
    before = column.drive(source)
    for gap in (0.3, 0.2, 0.1):
        before(opened(shot.landmarks, gap))
    again = column.drive(source)(opened(shot.landmarks, 0.06))
    for rival, frame in alone.items():
        np.testing.assert_array_equal(again[rival], frame)
