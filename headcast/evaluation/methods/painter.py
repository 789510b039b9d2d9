"""An avatar and landmarks in pixels of its shots in, frames of the shots' size out, whatever the network's own size."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from headcast.avatars.avatar import Avatar
from headcast.data.episodes import resize_landmarks, resize_shot
from headcast.networks.presets import ModelConfig
from headcast.reenact.driver import Driver
from headcast.reenact.generated import Generated
from headcast.reenact.sitter import Sitter, avatar_shots
from headcast.types import Box, Image, Landmarks, Shot
from headcast.warping.warp import WarpedShot


def reduced(shots: Sequence[Shot], config: ModelConfig) -> list[Shot]:
    """Return the shots at the size that a model works at."""
    return [resize_shot(shot, config.image_size) for shot in shots]


def squares(shots: Sequence[Shot], small: Sequence[Shot]) -> list[Sitter]:
    """Return the sitters of shots that are known at another size than that, `small`, which a model works at."""
    return [_square(known, shot) for known, shot in zip(shots, small, strict=True)]


class Painter:
    """Draws one avatar through the same driver as `headcast animate`; the avatar's shots have its own image size.

    `shots` are the same at the size of the landmarks' frames and of the pictures that are returned. `native` pictures
    are put together at that size, as whole photos are; others are squares of the avatar's size, enlarged.
    """

    def __init__(self, avatar: Avatar, shots: Sequence[Shot], *, native: bool = False, precision: str = "auto") -> None:
        self._frame_size, self._size = shots[0].image.shape[0], avatar.image_size
        shown = shots if native else avatar.shots
        sitters = squares(shown, avatar.shots)
        if native:
            avatar = replace(avatar, shots=avatar_shots(sitters))
        self._driver = Driver(sitters[0], avatar, paste_back=native, precision=precision)
        self.runtime_name = self._driver.runtime_name

    def condition(self, landmarks: Landmarks) -> WarpedShot:
        """Carry the shot to landmarks (478, 3)."""
        return self._driver.condition(resize_landmarks(landmarks, self._frame_size, self._size))

    def paint(self, warped: WarpedShot) -> Image:
        """Return the network's frame."""
        return self.full_size(self._driver.finish(self._driver.generate(warped), warped))

    def paint_warp(self, warped: WarpedShot) -> Image:
        """Return the frame that the warped shot alone makes, put together like the network's."""
        all_warp = Generated(warped.conditioning.warped, np.ones_like(warped.carried))
        return self.full_size(self._driver.finish(all_warp, warped))

    def paint_alone(self, warped: WarpedShot) -> Image:
        """Return what the network itself paints: no pixel of the photo is carried into it at full size."""
        return self.full_size(self._driver.generate(warped).image)

    def full_size(self, frame: Image) -> Image:
        """Bring a frame of the network's size to that of the shots."""
        if frame.shape[0] == self._frame_size:
            return frame
        size = (self._frame_size, self._frame_size)
        return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        """Choose what another person's motion is measured from; needed before `retarget`."""
        self._driver.measure_from(driving)

    def retarget(self, driving: Landmarks) -> Landmarks:
        """Return the sitter's landmarks, in pixels of the frames, for another person's in that person's pixels."""
        return resize_landmarks(self._driver.retarget(driving), self._size, self._frame_size)


def _square(known: Shot, shot: Shot) -> Sitter:
    """Return the sitter of a shot whose picture is `known` at another size."""
    side = known.image.shape[0]
    return Sitter(known.image, Box(0.0, 0.0, side, side), shot)
