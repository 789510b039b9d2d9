"""Shots and target landmarks in, the picture that the product makes of them out, at the shots' own size.

Studies and far pairs ask here and nowhere else, so what they judge is what `headcast animate` shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from headcast.avatars.avatar import make_avatar
from headcast.avatars.weights import Weights
from headcast.evaluation.methods.painter import Painter, reduced
from headcast.types import Image, Landmarks, Shot


class MakeFrame(Protocol):
    """Makes a picture of a person."""

    def __call__(self, shots: Sequence[Shot], landmarks: Landmarks) -> Image:
        """Return the first shot's person with landmarks (478, 3), all in pixels of the shots, which have one size."""


@dataclass(frozen=True)
class Made:
    """One picture in two forms: the warped shot alone, and what our network makes of it, composed alike."""

    warp: Image
    ours: Image


class FrameMaker:
    """Makes pictures with one model, feed-forward, through the driver and the composer of `headcast animate`."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def __call__(self, shots: Sequence[Shot], landmarks: Landmarks) -> Image:
        """Return our picture."""
        return self.both(shots, landmarks).ours

    def both(self, shots: Sequence[Shot], landmarks: Landmarks) -> Made:
        """Return the warped shot alone and our picture, at the shots' size."""
        avatar = make_avatar(self._weights, reduced(shots, self._weights.config))
        painter = Painter(avatar, shots, native=True)
        warped = painter.condition(landmarks)
        return Made(painter.paint_warp(warped), painter.paint(warped))
