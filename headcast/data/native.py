"""A tracked clip and frame numbers in, those frames at the video's own resolution out: the same square, more pixels."""

from collections.abc import Collection
from typing import Final

import cv2
import numpy as np

from headcast.data.clips import Clip
from headcast.data.cut import FRAME_SIZE, WHOLE
from headcast.data.episodes import resize_landmarks
from headcast.errors import MediaError
from headcast.media.video import open_video
from headcast.tracking.crop import crop_image
from headcast.types import Shot

MAX_SIDE: Final = 1024


def native_side(clip: Clip) -> int:
    """Return the side of the clip's square in pixels of its video, at least that of the tracked frames."""
    return int(np.clip(round(clip.box.width), FRAME_SIZE, MAX_SIDE))


def native_shots(clip: Clip, numbers: Collection[int]) -> dict[int, Shot]:
    """Return the frames `numbers` of a clip as shots of `native_side` pixels; reads the video once, up to the last.

    The mattes are the tracked frames', enlarged. MediaError where the video has changed and lacks a frame.
    """
    side, wanted = native_side(clip), set(numbers)
    shots: dict[int, Shot] = {}
    with open_video(clip.video_path) as video:
        for number, frame in enumerate(WHOLE.frames(video)):
            if number in wanted:
                matte = cv2.resize(clip.shot(number).matte, (side, side), interpolation=cv2.INTER_LINEAR)
                landmarks = resize_landmarks(clip.landmarks[number], FRAME_SIZE, side)
                image = crop_image(frame.image, clip.box, side)
                shots[number] = Shot(image, landmarks, np.asarray(matte, np.float32))
            if len(shots) == len(wanted):
                return shots
    missing = min(wanted - set(shots))
    raise MediaError(f"{clip.video_path} has no frame {missing}; expected the video that was tracked: restore it")
