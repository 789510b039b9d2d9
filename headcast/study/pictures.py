"""Clips and moments in, the pictures of a study out: all at the clips' own resolution, those of a question alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from headcast.data.clips import Clip
from headcast.data.native import native_shots
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.study.triplets import Moment
from headcast.types import Image, Shot


def load_moments(clips: Sequence[Clip], moments: Iterable[Moment]) -> dict[Moment, Shot]:
    """Read moments of one person's clips, each video once."""
    numbers: dict[int, set[int]] = defaultdict(set)
    for moment in moments:
        numbers[moment.clip].add(moment.number)
    return {
        Moment(clip, number): shot
        for clip, wanted in numbers.items()
        for number, shot in native_shots(clips[clip], wanted).items()
    }


def as_video_shows(image: Image) -> Image:
    """Return a picture (H, W, 3) as a frame of the video that `headcast animate` would write.

    The real ones are frames of videos: colours at half the resolution must not tell them apart.
    """
    height, width = image.shape[:2]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "frame.mp4"
        with VideoWriter(path, (width, height), Fraction(25)) as writer:
            writer.write(image)
        with open_video(path) as video:
            shown = next(iter(video)).image
    return shown[:height, :width]


def same_size(images: Sequence[Image]) -> list[Image]:
    """Reduce square pictures to the smallest one's size: of another size none may stand out."""
    side = min(image.shape[0] for image in images)
    return [
        image
        if image.shape[0] == side
        else np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        for image in images
    ]


def origin(clip: Clip, number: int) -> dict[str, Any]:
    """Return what the key says of a picture: its clip and frame."""
    return {"clip": clip.name, "frame": number}
