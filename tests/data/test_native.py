"""Frames at the video's own resolution against the video that they come from."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.data.native import native_shots, native_side
from headcast.errors import MediaError
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.tracking.crop import crop_image
from headcast.types import Box


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("native")
    photo = cv2.resize(PHOTOS["astronaut"]()[:300, 70:370], (600, 600), interpolation=cv2.INTER_CUBIC)
    with VideoWriter(folder / "anna_0.mp4", (600, 600), Fraction(25)) as writer:
        for step in range(4):
            writer.write(np.ascontiguousarray(np.roll(photo, step, axis=1)))
    return load_clip(ClipFile(folder / "anna_0.mp4", "anna"), folder / "cache")


def test_the_square_of_the_clip_with_all_its_pixels(clip: Clip) -> None:
    side = native_side(clip)
    assert side == round(clip.box.width) > 256
    shot = native_shots(clip, [2])[2]
    with open_video(clip.video_path) as video:
        picture = list(video)[2].image
    assert np.array_equal(shot.image, crop_image(picture, clip.box, side))
    # reduced again it is the tracked frame, and landmarks and matte lie on the same pixels
    small = clip.shot(2)
    reduced = crop_image(shot.image, Box(0, 0, side, side), 256)
    assert np.abs(reduced.astype(int) - small.image).mean() < 2
    scale = side / 256
    assert np.allclose(shot.landmarks[:, :2] + 0.5, (small.landmarks[:, :2] + 0.5) * scale, atol=1e-3)
    assert shot.matte.shape == (side, side) and abs(shot.matte.mean() - small.matte.mean()) < 0.01


def test_a_small_clip_is_not_made_smaller_than_the_tracked_frames(clip: Clip) -> None:
    small = replace(clip, box=Box(0, 0, 120, 120))
    assert native_side(small) == 256
    assert native_shots(small, [0])[0].image.shape == (256, 256, 3)


def test_a_video_that_lost_frames_is_named(clip: Clip) -> None:
    with pytest.raises(MediaError, match=r"anna_0.mp4 has no frame 9; expected the video that was tracked"):
        native_shots(clip, [0, 9])
