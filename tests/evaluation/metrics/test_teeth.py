"""How much the inside of a mouth changes, against teeth that are drawn onto the skull and teeth that are not."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from headcast.close_ups.mouth_mean import SIZE, mean_to_frame
from headcast.evaluation.metrics.teeth import SECONDS_APART, TeethWatch
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import Pose, apply_pose, face_model, neutral_face
from headcast.geometry.topology import MID_INNER_LIPS
from headcast.types import Image, Landmarks, Shot

SIDE = 400
PLACES = ((200, 180), (203, 181), (190, 176), (214, 190), (205, 170), (197, 183))
TILTS = (0.0, 0.1, -0.1, 0.2, 0.05, -0.15)
NO_DIFFERENCE = 1e-6

Draw = Callable[[Landmarks, Pose], Image]


@pytest.fixture(scope="module")
def pattern() -> np.ndarray:
    """Teeth as no mouth has them, soft enough to be read anywhere between their pixels."""
    noise = np.random.default_rng(0).uniform(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.asarray(128 + 3 * (soft - soft.mean()), np.float32)


def poses(tilts: Sequence[float] = TILTS) -> list[Pose]:
    found = []
    for tilt, place in zip(tilts, PLACES, strict=False):
        cos, sin = np.cos(tilt), np.sin(tilt)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
        found.append(Pose(turn, 80.0, np.array([*place, 0.0])))
    return found


def face_with(gap: float) -> np.ndarray:
    return set_openings(face_model().mean, np.array([gap, 0.1, 0.1]))


def shots_of(gaps: Sequence[float], draw: Draw) -> list[Shot]:
    shots = []
    for gap, pose in zip(gaps, poses(), strict=False):
        landmarks = apply_pose(face_with(gap), pose)
        shots.append(Shot(draw(landmarks, pose), landmarks, np.ones((SIDE, SIDE), np.float32)))
    return shots


def on_the_skull(pattern: np.ndarray) -> Draw:
    def draw(landmarks: Landmarks, pose: Pose) -> Image:
        contact = neutral_face(face_with(0.2))[list(MID_INNER_LIPS)].mean(0)
        return cv2.warpAffine(pattern, mean_to_frame(contact, pose), (SIDE, SIDE)).clip(0, 255).astype(np.uint8)

    return draw


def on_the_picture(pattern: np.ndarray) -> Draw:
    large = cv2.resize(pattern, (SIDE, SIDE)).clip(0, 255).astype(np.uint8)
    return lambda landmarks, pose: large


def seconds(count: int) -> list[float]:
    return [SECONDS_APART * number for number in range(count)]


def test_teeth_that_move_with_the_skull_stay_and_others_do_not(pattern: np.ndarray) -> None:
    still = shots_of([0.2] * 6, on_the_skull(pattern))
    watch = TeethWatch(still, seconds(6))
    assert watch.num_pairs == 15
    assert watch([shot.image for shot in still]) == 1
    moving = [shot.image for shot in shots_of([0.2] * 6, on_the_picture(pattern))]
    assert watch.change([shot.image for shot in still]) < 0.25 * watch.change(moving)
    flat = [np.full_like(image, 90) for image in moving]
    assert watch(flat) < NO_DIFFERENCE


def test_flicker_is_measured_in_levels(pattern: np.ndarray) -> None:
    shots = shots_of([0.2] * 6, on_the_skull(pattern))
    watch = TeethWatch(shots, seconds(6))
    levels = (100, 110, 100, 110, 100, 110)  # 9 of the 15 pairs differ, by 10
    outputs = [np.full((SIDE, SIDE, 3), level, np.uint8) for level in levels]
    assert watch.change(outputs) == pytest.approx(10 * 9 / 15, rel=1e-3)


@pytest.mark.parametrize(
    ("gaps", "apart"),
    [([0.0] * 6, 1.0), ([0.1, 0.14, 0.18, 0.22, 0.26, 0.3], 1.0), ([0.2] * 6, 0.19)],
    ids=["closed", "never alike", "neighbours"],
)
def test_nothing_is_said_where_nothing_can_be_compared(pattern: np.ndarray, gaps: list[float], apart: float) -> None:
    shots = shots_of(gaps, on_the_skull(pattern))
    times = seconds(6) if apart == 1 else [apart * number / 5 for number in range(6)]
    watch = TeethWatch(shots, times)
    assert watch.num_pairs == 0
    assert np.isnan(watch([shot.image for shot in shots]))


def test_what_lies_beside_the_lips_does_not_count(pattern: np.ndarray) -> None:
    shots = shots_of([0.2] * 6, on_the_skull(pattern))
    watch = TeethWatch(shots, seconds(6))
    random = np.random.default_rng(1)
    outputs = []
    for shot in shots:
        lips = shot.landmarks[[78, 308, 13, 14], :2]
        left, top = np.floor(lips.min(0)).astype(int) - 2
        right, bottom = np.ceil(lips.max(0)).astype(int) + 3
        noisy = random.integers(0, 256, shot.image.shape).astype(np.uint8)
        noisy[top:bottom, left:right] = shot.image[top:bottom, left:right]
        outputs.append(noisy)
    assert watch(outputs) == pytest.approx(1, abs=0.02)
