"""The name of a part of the face in, all that its close-up needs of this room out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headcast.close_ups import eye_crop, mouth_crop
from headcast.close_ups.crop import Cropper
from headcast.types import Image, Landmarks, Shot


@dataclass(frozen=True)
class Part:
    """A part of the face that is painted apart, one close-up or more a frame.

    `make_cropper` takes a person's shots and the photo that the first was cut from, `shot_crops` a shot and its
    landmarks: it returns what the embedder reads, pictures and their landmark images.
    """

    crop_size: tuple[int, int]  # width, height
    embedded_size: tuple[int, int]
    maps: tuple[str, ...]  # those of its conditioning
    make_cropper: Callable[[Sequence[Shot], Image], Cropper]
    shot_crops: Callable[[Image, Landmarks], Sequence[tuple[Image, Image]]]


PARTS: Final[Mapping[str, Part]] = {
    "mouth": Part(
        mouth_crop.CROP_SIZE,
        mouth_crop.EMBEDDED_SIZE,
        mouth_crop.MAPS,
        mouth_crop.MouthCropper,
        mouth_crop.shot_crops,
    ),
    "eyes": Part(eye_crop.CROP_SIZE, eye_crop.EMBEDDED_SIZE, eye_crop.MAPS, eye_crop.EyeCropper, eye_crop.shot_crops),
}
