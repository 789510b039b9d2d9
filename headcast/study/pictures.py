"""Clips and moments in, the pictures of a study out: all at the clips' own resolution, those of a question alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np

from headcast.data.clips import Clip
from headcast.data.native import native_shots
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.study.triplets import Moment
from headcast.types import Image, Landmarks, Shot

NUM_REFERENCES: Final = 32  # of a driver's frames, among which its motion's start is found


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


def as_driven(shot: Shot, driver: Clip, number: int) -> Landmarks:
    """Return the landmarks (478, 3), in pixels of the shot, that `headcast animate` gives it for a driver's frame."""
    some = np.unique(np.linspace(0, len(driver) - 1, NUM_REFERENCES).round().astype(int))
    reference = find_reference([driver.landmarks[each] for each in some], shot.landmarks, relative=True)
    return Retargeter(shot.landmarks, reference, relative=True)(driver.landmarks[number])


def as_video_shows(image: Image) -> Image:
    """Return a picture (H, W, 3) as a frame of the video that `headcast animate` would write.

    All of a study pass through it, real ones too: neither compression nor colours at half the resolution must tell
    them apart.
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
