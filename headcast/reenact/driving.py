"""A video, photo, motion file or the name of a built-in motion in, timed driving landmarks out, one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from headcast.errors import FaceError, MediaError, MotionError
from headcast.geometry.builtin import builtin_motion, builtin_motion_names
from headcast.geometry.motion import load_motion
from headcast.geometry.pose import Pose, apply_pose, fit_pose, neutral_face, remove_pose
from headcast.limits import MAX_MOTION_FRAMES, MAX_PHOTO_SIDE
from headcast.media.images import read_image
from headcast.media.planes import whole
from headcast.media.video import VideoReader, open_video
from headcast.reenact.motion_stream import SAMPLE_SECONDS, DrivingFrame, MotionStream
from headcast.tracking.track import FaceTracker, find_face
from headcast.types import Landmarks, Motion

MOTION_SUFFIX = ".motion"
PHOTO_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
SAMPLE_STEP = 3  # every so many frames of those that are looked at ahead
PHOTO_SECONDS = 3.0
PHOTO_RATE = Fraction(30)


class Driving(Protocol):
    """What sets the sitter in motion.

    `rate` is the exact average rate; `tick` the unit of uneven times, None where they are even; `sample` some
    landmarks from all over it (of a long video: of its start); `sound_path` a file with sound, if any.
    """

    rate: Fraction
    tick: Fraction | None
    num_frames: int
    image_size: tuple[int, int]
    sample: Sequence[Landmarks]
    sound_path: Path | None

    def frames(self, *, with_images: bool) -> Iterator[DrivingFrame]:
        """Yield the frames in order, each time from the start."""


def open_driving(source: str | Path | Motion, *, smooth: bool = True) -> Driving:
    """Open a video, photo, .motion file, built-in motion by name, or a motion in memory."""
    if isinstance(source, Motion):
        return MotionDriving(source)
    if str(source) in builtin_motion_names():
        return MotionDriving(builtin_motion(str(source)))
    path = Path(source)
    if not path.exists():
        names = ", ".join(builtin_motion_names())
        raise MediaError(f"no driving file {path}; give a video, a photo, a {MOTION_SUFFIX} file or one of: {names}")
    if path.suffix.lower() == MOTION_SUFFIX:
        return MotionDriving(load_motion(path))
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return MotionDriving(_motion_from_photo(path))
    return VideoDriving(path, smooth=smooth)


class MotionDriving:
    """Driving by a motion that is known as a whole."""

    def __init__(self, motion: Motion) -> None:
        self._motion = motion
        self.num_frames = len(motion)
        self.image_size = motion.image_size
        step = max(1, len(motion) // 200)
        self.sample: Sequence[Landmarks] = [motion.landmarks[number] for number in range(0, len(motion), step)]
        self.sound_path: Path | None = None
        times = motion.times
        length = times[-1] - times[0]
        self.rate = (len(times) - 1) / length if length else Fraction(30)
        even = all(time - times[0] == number / self.rate for number, time in enumerate(times))
        self.tick: Fraction | None = None if even else Fraction(1, 90_000)

    def frames(self, *, with_images: bool) -> Iterator[DrivingFrame]:
        """Yield the frames; a motion has no images."""
        motion = self._motion
        for time, landmarks, found in zip(motion.times, motion.landmarks, motion.found.tolist(), strict=True):
            yield DrivingFrame(time - motion.times[0], landmarks, None, found)


class VideoDriving:
    """Driving by the person in a video, tracked while it is read; memory does not grow with its length."""

    def __init__(self, path: Path, *, smooth: bool) -> None:
        self._path, self._smooth = path, smooth
        with open_video(path) as video:
            self.rate, self.num_frames, self.image_size = video.rate, video.num_frames, video.size
            self.tick: Fraction | None = video.tick if video.is_variable else None
            self.sample: Sequence[Landmarks] = _look_ahead(video, path)
        self.sound_path: Path | None = path

    def frames(self, *, with_images: bool) -> Iterator[DrivingFrame]:
        """Yield the frames, gaps in the tracking bridged, jitter taken out."""
        with open_video(self._path) as video, closing(FaceTracker()) as tracker:
            motion = MotionStream(tracker, smooth=self._smooth, first=self.sample[0])
            yield from _followed(video, tracker, motion, with_images=with_images)


def extract_motion(path: str | Path, *, smooth: bool = True) -> Motion:
    """Return the motion of the person in a video or photo, as `animate` sees it; FaceError where nobody is seen.

    >>> motion = headcast.extract_motion("speech.mp4")
    >>> motion.image_size, motion.times[-1]
    ((512, 512), Fraction(1, 6))
    """
    if Path(path).suffix.lower() in PHOTO_SUFFIXES:
        return _motion_from_photo(Path(path))
    with open_video(path) as video, closing(FaceTracker()) as tracker:
        if video.num_frames > MAX_MOTION_FRAMES:
            raise MotionError(f"{path} has {video.num_frames} frames, a motion at most {MAX_MOTION_FRAMES}; cut it up")
        frames = list(_followed(video, tracker, MotionStream(tracker, smooth=smooth)))
        size = video.size
    if not frames:
        raise _nobody_in(path)
    landmarks, found = np.stack([frame.landmarks for frame in frames]), np.array([frame.found for frame in frames])
    return Motion(landmarks, tuple(frame.time for frame in frames), size, found)


def _followed(
    video: VideoReader, tracker: FaceTracker, motion: MotionStream, *, with_images: bool = False
) -> Iterator[DrivingFrame]:
    """Yield the driving frames of a whole video, whose pictures become images only where they are wanted."""
    for picture, time in video.pictures():
        yield from motion.add(time, tracker.track(picture), whole(picture) if with_images else None)
    yield from motion.flush()


def _look_ahead(video: VideoReader, path: Path) -> list[Landmarks]:
    """Return landmarks from the start of a video; if no face is there yet, from where the first one is seen."""
    with closing(FaceTracker()) as tracker:
        found: list[Landmarks] = []
        for picture, time in video.pictures(SAMPLE_STEP):
            if found and time > SAMPLE_SECONDS:
                break
            landmarks = tracker.track(picture)
            if landmarks is not None:
                found.append(landmarks)
    if not found:
        raise _nobody_in(path)
    return found


def _nobody_in(path: str | Path) -> FaceError:
    return FaceError(f"no face in {path}; use a video in which one person faces the camera")


def _motion_from_photo(path: Path) -> Motion:
    """Make a motion that goes from the face at rest, looking straight ahead, to the photo's and back."""
    photo = read_image(path, MAX_PHOTO_SIDE)
    landmarks = find_face(photo, path)
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    at_rest = apply_pose(neutral_face(face), Pose(np.eye(3), pose.scale, pose.translation))
    num_frames = round(PHOTO_SECONDS * PHOTO_RATE)
    share = np.interp(np.arange(num_frames) / num_frames, [0.05, 0.3, 0.75, 1.0], [0, 1, 1, 0])
    eased = (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)[:, None, None]
    times = tuple(Fraction(number) / PHOTO_RATE for number in range(num_frames))
    moved = at_rest + eased * (landmarks - at_rest)
    return Motion(moved, times, (photo.shape[1], photo.shape[0]), np.ones(num_frames, np.bool_))
