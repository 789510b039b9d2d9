"""A photo or painting in, the sitter out: the picture, the square around the head, and the shot that will be warped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from headcast.close_ups.crop import scaled
from headcast.geometry.topology import OUTER_LIPS
from headcast.limits import MAX_SHOT_PIXELS, MAX_SHOT_SIDE
from headcast.media.images import read_image, reduced
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import person_matte
from headcast.tracking.quality import sharpness
from headcast.tracking.track import find_face
from headcast.types import Box, Image, Landmarks, Shot
from headcast.warping.edges import PhotoEdges, photo_edges

DEFAULT_MAX_SIDE = 1920
WIDER: Final = (1.0, 1.05, 1.1, 1.16, 1.3)  # times the usual square: the first whose sides no hair reaches
RIM, HAIR = 8, 0.5  # pixels of the shot beside a side of the square, and share of the person in one of them: hair
REACHES: Final = (0.03, 0.1)  # share of the top, and of the sides above the mouth, beside which there is hair


@dataclass(frozen=True)
class Sitter:
    """The person to animate: `shot` is the part of `photo` inside `box`."""

    photo: Image
    box: Box
    shot: Shot

    @property
    def patch_size(self) -> int:
        """The side in which the box is put together: the photo's own size, neither below the shot's nor too large."""
        return int(np.clip(round(self.box.width), self.shot.image.shape[0], MAX_SHOT_SIDE))

    @property
    def edges(self) -> PhotoEdges:
        """Where the photo goes on around the shot, and where it ends."""
        height, width = self.photo.shape[:2]
        return photo_edges(self.box, (width, height), self.shot.image.shape[0])


def load_sitter(path: str | Path, *, size: int = 256, scale: float = 1.0, max_side: int = DEFAULT_MAX_SIDE) -> Sitter:
    """Read a photo and find its largest face; a photo larger than `max_side` is reduced to it."""
    return reduced_sitter(read_image(path, max_side), name=path, size=size, scale=scale, max_side=max_side)


def reduced_sitter(
    photo: Image,
    *,
    name: str | Path = "the photo",
    size: int = 256,
    scale: float = 1.0,
    max_side: int = DEFAULT_MAX_SIDE,
) -> Sitter:
    """Find the largest face of a photo, which is reduced to `max_side` first where it is larger."""
    return make_sitter(reduced(photo, max_side), name=name, size=size, scale=scale)


def make_sitter(photo: Image, *, name: str | Path = "the photo", size: int = 256, scale: float = 1.0) -> Sitter:
    """Find the largest face of a photo and cut the head and shoulders to `size` pixels; FaceError if there is none."""
    return sitter_of(photo, find_face(photo, name), size=size, scale=scale)


def sitter_of(photo: Image, landmarks: Landmarks, *, size: int = 256, scale: float = 1.0) -> Sitter:
    """Cut head and shoulders of a face whose landmarks are known, in pixels of the photo, to `size` pixels.

    The square is `scale` times as wide as usual, and wider still where it would cut hair, a hat or a veil that goes on
    in the photo: what stands beyond the square does not move.
    """
    for wider in WIDER:
        sitter = _cut(photo, landmarks, size, scale * wider)
        if not _reaches_sides(sitter):
            break
    return sitter


def _cut(photo: Image, landmarks: Landmarks, size: int, scale: float) -> Sitter:
    height, width = photo.shape[:2]
    box = head_crop(landmarks, (width, height), scale)
    image = crop_image(photo, box, size)
    return Sitter(photo, box, Shot(image, crop_landmarks(landmarks, box, size), person_matte(image)))


def _reaches_sides(sitter: Sitter) -> bool:
    """Tell whether the person reaches the square's top or, above the mouth, a side where the photo goes on."""
    matte, edges = sitter.shot.matte > HAIR, sitter.edges
    above_mouth = matte[: max(int(sitter.shot.landmarks[list(OUTER_LIPS), 1].min()), 1)]
    left, top, right, _ = edges.pinned
    sides = (above_mouth[:, :RIM], left), (above_mouth[:, -RIM:], right)
    return bool(top and matte[:RIM].any(0).mean() > REACHES[0]) or any(
        goes_on and rim.any(1).mean() > REACHES[1] for rim, goes_on in sides
    )


def avatar_shots(sitters: Sequence[Sitter]) -> tuple[Shot, ...]:
    """Return the shots of one person's avatar: that of the first sitter, which is shown, and the others at full size.

    Together these have at most MAX_SHOT_PIXELS pixels.
    """
    first, *others = sitters
    pixels = sum(sitter.patch_size**2 for sitter in others)
    less = min(1.0, (MAX_SHOT_PIXELS / max(pixels, 1)) ** 0.5)
    return first.shot, *(_at_full_size(sitter, int(sitter.patch_size * less)) for sitter in others)


def measured_shots(sitter: Sitter, others: Sequence[Shot]) -> tuple[Shot, ...]:
    """Return the sitter's shot and others of the same person, each with how much detail it shows; alone, as it is."""
    if not others:
        return (sitter.shot,)
    photo = crop_image(sitter.photo, sitter.box, sitter.patch_size)
    return _measured(sitter.shot, photo), *(_measured(shot, shot.at_full_size) for shot in others)


def _measured(shot: Shot, full: Image) -> Shot:
    return replace(shot, detail=sharpness(full, scaled(shot.landmarks, len(full) / len(shot.image))))


def _at_full_size(sitter: Sitter, side: int) -> Shot:
    """Return a sitter's shot with its square at `side` pixels; without where that is no more than the shot has."""
    if side <= len(sitter.shot.image):
        return sitter.shot
    return replace(sitter.shot, full=crop_image(sitter.photo, sitter.box, side))
