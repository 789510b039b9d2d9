"""Drivers of every kind, and gaps in tracking laid out by hand."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headcast.errors import FaceError, MediaError
from headcast.geometry.builtin import builtin_motion, builtin_motion_names
from headcast.geometry.motion import save_motion
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose, rotation_vector
from headcast.media.images import write_image
from headcast.media.writer import VideoWriter
from headcast.reenact.driving import extract_motion, open_driving
from headcast.reenact.motion_stream import DrivingFrame
from headcast.tracking.track import find_face
from headcast.types import Image, Motion


def test_a_built_in_motion_drives_by_its_name() -> None:
    driving = open_driving("nod")
    motion = builtin_motion("nod")
    frames = list(driving.frames(with_images=False))
    assert (driving.num_frames, driving.rate, driving.tick) == (len(motion), Fraction(30), None)
    assert [frame.time for frame in frames] == list(motion.times)
    np.testing.assert_array_equal(frames[40].landmarks, motion.landmarks[40])
    assert driving.sound_path is None
    assert frames[0].image is None


def test_a_motion_file_keeps_its_times(tmp_path: Path) -> None:
    whole = builtin_motion("nod", 1, Fraction(24))
    uneven = tuple(time + (Fraction(1, 100) if number % 2 else 0) for number, time in enumerate(whole.times))
    save_motion(tmp_path / "even.motion", whole)
    save_motion(tmp_path / "uneven.motion", Motion(whole.landmarks, uneven, whole.image_size, whole.found))
    even, odd = (open_driving(tmp_path / f"{name}.motion") for name in ("even", "uneven"))
    assert (even.rate, even.tick) == (Fraction(24), None)
    assert odd.tick is not None
    for time in uneven:
        assert (time / odd.tick).denominator == 1  # every time can be written exactly
    assert tuple(frame.time for frame in odd.frames(with_images=True)) == uneven


def test_a_photo_drives_there_and_back(astronaut: Image, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", astronaut, {})
    driving = open_driving(tmp_path / "a.png")
    frames: list[DrivingFrame] = list(driving.frames(with_images=False))
    assert (len(frames), driving.rate, driving.image_size) == (90, Fraction(30), (512, 512))
    np.testing.assert_allclose(frames[40].landmarks, find_face(astronaut), atol=1e-3)
    for frame in (frames[0], frames[-1]):
        pose = fit_pose(frame.landmarks)
        assert np.linalg.norm(rotation_vector(pose.rotation)) < 0.02
        assert abs(measure_controls(remove_pose(frame.landmarks, pose))[0]) < 0.03  # lips closed
    steps = [np.abs(b.landmarks - a.landmarks).max() for a, b in pairwise(frames)]
    assert max(steps) < 3


def write_video(path: Path, images: list[Image]) -> Path:
    with VideoWriter(path, (images[0].shape[1], images[0].shape[0]), Fraction(30000, 1001)) as writer:
        for image in images:
            writer.write(image)
    return path


def test_a_video_drives_with_its_own_rate_frames_and_pictures(astronaut: Image, tmp_path: Path) -> None:
    blank = np.full_like(astronaut, 128)
    images = [np.roll(astronaut, 3 * step, axis=1) for step in range(8)]
    path = write_video(tmp_path / "v.mp4", [*images[:3], blank, *images[4:]])
    driving = open_driving(path, smooth=False)
    assert (driving.num_frames, driving.rate, driving.image_size) == (8, Fraction(30000, 1001), (512, 512))
    assert driving.sound_path == path
    frames = list(driving.frames(with_images=True))
    assert [frame.time for frame in frames] == [Fraction(1001 * number, 30000) for number in range(8)]
    places = np.array([frame.landmarks[:, 0].mean() for frame in frames])
    np.testing.assert_allclose(places - places[0], 3 * np.arange(8), atol=1.5)  # across the blank frame too
    assert np.abs(frames[0].image.astype(int) - astronaut).mean() < 4
    assert next(iter(driving.frames(with_images=False))).image is None
    smooth = [frame.landmarks[:, 0].mean() for frame in open_driving(path).frames(with_images=False)]
    np.testing.assert_allclose(smooth, places, atol=4)


@pytest.mark.parametrize("smooth", [True, False])
def test_an_extracted_motion_is_what_animate_follows(astronaut: Image, tmp_path: Path, smooth: bool) -> None:
    blank = np.full_like(astronaut, 128)
    images = [np.roll(astronaut, 5 * step, axis=1) for step in range(6)]
    path = write_video(tmp_path / "v.mp4", [*images[:2], blank, *images[3:]])
    motion, followed = extract_motion(path, smooth=smooth), open_driving(path, smooth=smooth)
    frames = list(followed.frames(with_images=False))
    assert (motion.image_size, motion.times) == (followed.image_size, tuple(frame.time for frame in frames))
    np.testing.assert_array_equal(motion.landmarks, [frame.landmarks for frame in frames])
    assert motion.found.tolist() == [True, True, False, True, True, True]
    save_motion(tmp_path / "v.motion", motion)
    again = open_driving(tmp_path / "v.motion").frames(with_images=False)
    np.testing.assert_array_equal([frame.landmarks for frame in again], motion.landmarks)


@pytest.mark.parametrize("read", [open_driving, extract_motion])
def test_a_video_without_a_face_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = write_video(tmp_path / "wall.mp4", [np.full((96, 128, 3), 90, np.uint8)] * 4)
    with pytest.raises(FaceError, match=r"no face in .*wall\.mp4; use a video in which one person faces the camera"):
        read(path)


def test_a_missing_driver_lists_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(
        MediaError, match="no driving file .*none.mp4; give a video, a photo, a .motion file or"
    ) as caught:
        open_driving(tmp_path / "none.mp4")
    assert all(name in str(caught.value) for name in builtin_motion_names())
    assert "\n" not in str(caught.value)
