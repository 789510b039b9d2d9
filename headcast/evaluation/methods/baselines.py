"""Shots and a model in, what each rival makes of the same landmarks out: what costs nothing, and ours."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.weights import Weights
from headcast.evaluation.methods.painter import Painter, reduced
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.geometry.spreads import expression_distance, turn_distance
from headcast.types import VALIDITY_MAP, Conditioning, Image, Landmarks, Shot

PHOTO: Final = "photo unmoved"
NEAREST: Final = "nearest shot"
WARP: Final = "warped shot alone"
ZEROED: Final = "warp zeroed"
RANDOM: Final = "tuned from random weights"
OURS: Final = "ours"
TUNED: Final = "ours tuned"
RIVALS: Final = (PHOTO, NEAREST, WARP, ZEROED, RANDOM, OURS, TUNED)
"""In the order of the tables; outside methods come after them, under names of their own."""


class Team(Protocol):
    """Rivals that make their frames together, from a sitter's landmarks; `main` is the one whose pictures are shown."""

    main: str
    painter: Painter

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for the sitter's own landmarks (478, 3) in pixels of the shots."""


class Rivals:
    """Everyone who needs no tuning; ours reads the very warp that stands beside it.

    The first shot is the one that is warped. With one shot there is no nearest to choose, and a model that reads no
    warp has none to lose: those two rivals are left out then. All frames have the shots' size, whatever the model's;
    `native` ones are put together at that size.
    """

    main = OURS

    def __init__(
        self, shots: Sequence[Shot], weights: Weights, *, native: bool = False, precision: str = "auto"
    ) -> None:
        self._shots = shots
        self._reads_warp = weights.config.reads_warped_shot
        avatar = make_avatar(weights, reduced(shots, weights.config))
        self.painter = Painter(avatar, shots, native=native, precision=precision)

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for the sitter's own landmarks (478, 3) in pixels of the shots."""
        warped = self.painter.condition(landmarks)
        frames = {PHOTO: self._shots[0].image}
        if len(self._shots) > 1:
            frames[NEAREST] = self._shots[nearest_face([shot.landmarks for shot in self._shots], landmarks)].image
        frames[WARP] = self.painter.paint_warp(warped)
        if self._reads_warp:
            frames[ZEROED] = self.painter.paint_alone(replace(warped, conditioning=without_warp(warped.conditioning)))
        frames[OURS] = self.painter.paint(warped)
        return frames

    def ours(self, landmarks: Landmarks) -> Image:
        """Return our frame alone, for those who measure its time."""
        return self.painter.paint(self.painter.condition(landmarks))


class Tuned:
    """One avatar under a name: ours tuned to the person, or what was tuned from random weights; see `Painter`."""

    def __init__(self, avatar: Avatar, name: str, shots: Sequence[Shot], *, native: bool = False) -> None:
        self.main = name
        self.painter = Painter(avatar, shots, native=native)

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return its frame for the sitter's own landmarks (478, 3) in pixels of the shots."""
        return {self.main: self.painter.paint(self.painter.condition(landmarks))}


def without_warp(conditioning: Conditioning) -> Conditioning:
    """Take the warped shot and its validity away, as training does: the paper's pure form."""
    maps = conditioning.maps.copy()
    maps[:, :, VALIDITY_MAP] = 0
    return replace(conditioning, warped=np.zeros_like(conditioning.warped), maps=maps)


def nearest_face(faces: Sequence[Landmarks], wanted: Landmarks) -> int:
    """Return which face is nearest to the wanted one in pose and expression, in spreads."""
    pose = fit_pose(wanted)
    controls = measure_controls(remove_pose(wanted, pose))

    def distance(face: Landmarks) -> float:
        own = fit_pose(face)
        expression = expression_distance(measure_controls(remove_pose(face, own)), controls)
        return float(expression + turn_distance(own.rotation, pose.rotation))

    return int(np.argmin([distance(face) for face in faces]))
