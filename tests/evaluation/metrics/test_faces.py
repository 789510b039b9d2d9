from contextlib import closing

import numpy as np
import pytest

from headcast.evaluation.metrics.faces import (
    FACE_FOUND,
    MEDIAPIPE,
    MOUTH_ERROR,
    SECOND,
    FaceReader,
    Reading,
    closures_kept,
    face_figures,
    gaze,
    head_motion_energy,
    mouth_errors,
)
from headcast.evaluation.metrics.landmarks68 import LandmarkFinder68, eye_distance, points_68
from headcast.types import Image, Landmarks

NOBODY = Reading(0, None, {})


def reading(landmarks: Landmarks) -> Reading:
    return Reading(1, landmarks, {MEDIAPIPE: points_68(landmarks)})


def with_openings(landmarks: Landmarks, lips: float, lids: float) -> Reading:
    """A face whose lips and lids stand so many eye distances apart."""
    points = points_68(landmarks)
    unit = eye_distance(points)
    points[[67, 66, 65]] = points[[61, 62, 63]] + (0, lips * unit)
    points[[41, 40, 47, 46]] = points[[37, 38, 43, 44]] + (0, lids * unit)
    return Reading(1, landmarks, {MEDIAPIPE: points})


def test_finders_see_the_faces_that_are_there(portrait: Image, face: Landmarks) -> None:
    second = LandmarkFinder68(lambda batch: np.full((1, 68, 2), 0.5, np.float32))
    with closing(FaceReader(second)) as reader:
        seen, nothing = reader.read(portrait, face), reader.read(np.full_like(portrait, 90), face)
        again = reader.read(portrait, face)
        two = reader.read(np.hstack([portrait, portrait]), face)
    assert (again.landmarks == seen.landmarks).all()  # equal pictures read equally
    assert seen.num_faces == 1 and nothing.num_faces == 0 and two.num_faces == 2
    assert np.linalg.norm(seen.points[MEDIAPIPE] - points_68(face), axis=1).mean() < 6  # a mean face is not hers
    assert list(nothing.points) == [SECOND]  # that one always answers
    assert np.ptp(seen.points[SECOND]) < 60


def test_an_equal_face_has_no_error_and_a_moved_part_has_its_own(face: Landmarks) -> None:
    same = face_figures(reading(face), reading(face))
    assert same.pop(FACE_FOUND) == 1 and set(same.values()) == {0.0}
    looking = face.copy()
    looking[468:, 0] += 4  # both irises, 4 of 40 px
    figures = face_figures(reading(looking), reading(face))
    assert figures["gaze error (MediaPipe)"] == pytest.approx(0.1, rel=0.05)
    assert figures["landmark error all (MediaPipe)"] == 0
    assert face_figures(NOBODY, reading(face)) == {FACE_FOUND: 0.0}
    assert face_figures(Reading(2, face, {}), reading(face))[FACE_FOUND] == 0.0


def test_gaze_does_not_depend_on_place_and_size(face: Landmarks) -> None:
    np.testing.assert_allclose(gaze(1.7 * face + np.float32(30)), gaze(face), atol=1e-4)


def test_mouth_error_is_the_openings_difference_less_the_floor(face: Landmarks) -> None:
    name = f"{MOUTH_ERROR} ({MEDIAPIPE})"
    true, floor = with_openings(face, 0.30, 0.1), with_openings(face, 0.28, 0.1)
    assert mouth_errors(with_openings(face, 0.05, 0.1), true, floor)[name] == pytest.approx(0.25 - 0.02, abs=1e-3)
    assert mouth_errors(true, true, floor)[name] == pytest.approx(-0.02, abs=1e-3)
    assert mouth_errors(NOBODY, true, true)[name] == pytest.approx(0.30, abs=1e-3)  # no face, no open mouth


def test_closures_are_shares_of_the_targets_closed_frames(face: Landmarks) -> None:
    closed, mouth_open, blind = (with_openings(face, *gaps) for gaps in ((0.0, 0.12), (0.2, 0.12), (0.2, 0.02)))
    figures = closures_kept([closed, mouth_open, NOBODY, mouth_open], [closed, closed, closed, mouth_open])
    assert figures[f"lip closure kept ({MEDIAPIPE})"] == pytest.approx(1 / 3)
    assert np.isnan(figures[f"lid closure kept ({MEDIAPIPE})"])  # nobody blinked
    blinks = closures_kept([blind, closed, closed, closed], [blind, blind, closed, closed])
    assert blinks[f"lid closure kept ({MEDIAPIPE})"] == 0.5


def test_head_motion_of_an_obedient_a_frozen_and_a_damped_head(face: Landmarks) -> None:
    asked = [face + np.float32([step, 0, 0]) for step in (0, 8, 0, 4)]
    damped = [face + np.float32([step / 2, 0, 0]) for step in (0, 8, 0, 4)]
    assert head_motion_energy(asked, asked) == pytest.approx(1)
    assert head_motion_energy([face] * 4, asked) == 0
    assert head_motion_energy(damped, asked) == pytest.approx(0.5)
    assert head_motion_energy([asked[0], None, asked[2], asked[3]], asked) == pytest.approx(1)
    assert np.isnan(head_motion_energy(asked, [face] * 4))
