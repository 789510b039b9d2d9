"""The product in a page: one driving frame in, one output frame out."""

import numpy as np
import pytest

from headcast.avatars.from_torch import avatar_of
from headcast.geometry.builtin import builtin_motion
from headcast.networks.model import Model
from headcast.reenact.driver import Driver
from headcast.reenact.sitter import Sitter
from headcast.tracking.track import find_face


@pytest.fixture(scope="module")
def driver(model: Model, small_sitter: Sitter) -> Driver:
    return Driver(small_sitter, avatar_of(model, [small_sitter.shot]), device="cpu", precision="f32")


def test_told_what_motion_is_measured_from_it_moves_the_sitter_as_the_landmarks_say(
    driver: Driver, small_sitter: Sitter
) -> None:
    motion = builtin_motion("surprise", 2).landmarks
    with pytest.raises(ValueError, match=r"measure_from\(\) must be called before the first frame"):
        driver(motion[0])
    driver.measure_from(list(motion))
    frame = driver(motion[30])  # the mouth is wide open
    assert frame.shape == small_sitter.photo.shape
    assert frame.dtype == np.uint8
    scale = small_sitter.box.width / 64
    wanted = driver.retarget(motion[30])[:, :2] * scale + [small_sitter.box.left, small_sitter.box.top]
    seen = find_face(frame)[:, :2]
    assert np.linalg.norm(seen - wanted, axis=1).mean() < 3
    np.testing.assert_array_equal(frame, driver(motion[30]))  # same input, same output


def test_its_name_says_what_it_runs_on(driver: Driver) -> None:
    assert driver.runtime_name == "OpenVINO CPU f32"
