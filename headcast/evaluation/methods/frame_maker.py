"""Shots and target landmarks in, the picture that the product makes of them out, at the shots' own size.

Studies and far pairs ask here and nowhere else, so what they judge is what `headcast animate` shows.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from headcast.avatars.from_torch import avatar_of
from headcast.data.episodes import resize_landmarks
from headcast.evaluation.methods.baselines import OURS, WARP
from headcast.evaluation.methods.painter import reduced
from headcast.networks.model import Model
from headcast.reenact.driver import Driver
from headcast.reenact.generated import Generated
from headcast.reenact.sitter import Sitter
from headcast.types import Box, Image, Landmarks, Shot

INSIDE: Final = (False, False, False, False)  # the picture is the whole photo: beyond its borders nothing goes on


class MakeFrame(Protocol):
    """Makes a picture of a person."""

    def __call__(self, shots: Sequence[Shot], landmarks: Landmarks) -> Image:
        """Return the first shot's person with landmarks (478, 3), all in pixels of the shots, which have one size."""


class FrameMaker:
    """Makes pictures with one model, feed-forward, through the driver and the composer of `headcast animate`."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, shots: Sequence[Shot], landmarks: Landmarks) -> Image:
        """Return our picture."""
        return self.rivals(shots, landmarks)[OURS]

    def rivals(self, shots: Sequence[Shot], landmarks: Landmarks) -> dict[str, Image]:
        """Return the warped shot alone and our picture, both composed at the shots' size."""
        small, side = reduced(shots, self._model), shots[0].image.shape[0]
        sitter = Sitter(shots[0].image, Box(0.0, 0.0, side, side), small[0], INSIDE)
        driver = Driver(sitter, avatar_of(self._model, small))
        warped = driver.condition(resize_landmarks(landmarks, side, self._model.config.image_size))
        all_warp = Generated(warped.conditioning.warped, np.ones_like(warped.carried))
        return {
            WARP: driver.finish(all_warp, warped),
            OURS: driver.finish(driver.generate(warped), warped),
        }
