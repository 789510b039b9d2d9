"""An avatar and landmarks in pixels of its shots in, frames of the shots' size out, whatever the network's own size."""

from collections.abc import Sequence

import cv2
import numpy as np

from headcast.avatars.avatar import Avatar
from headcast.data.episodes import resize_landmarks, resize_shot
from headcast.networks.presets import ModelConfig
from headcast.reenact.driver import Driver
from headcast.reenact.sitter import Sitter
from headcast.types import Box, Image, Landmarks, Shot
from headcast.warping.warp import WarpedShot


def reduced(shots: Sequence[Shot], config: ModelConfig) -> list[Shot]:
    """Return the shots at the size that a model works at."""
    return [resize_shot(shot, config.image_size) for shot in shots]


class Painter:
    """Draws one avatar through the same driver as `headcast animate`; the avatar's shots have its own image size.

    `frame_size` is the side of the landmarks' frames and of the pictures that are returned, in pixels.
    """

    def __init__(self, avatar: Avatar, frame_size: int, *, precision: str = "auto") -> None:
        self._frame_size, self._size = frame_size, avatar.image_size
        first = avatar.shots[0]
        sitter = Sitter(first.image, Box(0.0, 0.0, self._size, self._size), first)
        self._driver = Driver(sitter, avatar, paste_back=False, precision=precision)
        self.runtime_name = self._driver.runtime_name

    def condition(self, landmarks: Landmarks) -> WarpedShot:
        """Carry the shot to landmarks (478, 3)."""
        return self._driver.condition(resize_landmarks(landmarks, self._frame_size, self._size))

    def paint(self, warped: WarpedShot) -> Image:
        """Return the network's frame."""
        return self.full_size(self._driver.finish(self._driver.generate(warped), warped))

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
