"""One picture of a person in, a pair of pictures to learn from out: itself, and itself moved by a built-in motion.

A still as both shot and target would teach to copy. So the moved picture, with what the move hides gone, is the shot,
and the true one is the target.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.contact import OPENINGS, set_openings
from headcast.geometry.pose import apply_pose, fit_pose, measure_controls, remove_pose
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.types import MATTE_MAP, VALIDITY_MAP, Landmarks, Mask, Shot
from headcast.warping.warp import Warper

MOTIONS: Final = ("talk", "turn", "smile", "surprise", "look", "blink", "tilt")
MOTION_RATE: Final = Fraction(4)
CLOSED_LIPS, SHUT_LIDS = 0.5, 0.1  # shares of the moved pictures whose mouth or eyes hide what the still shows


@dataclass(frozen=True)
class MovedStill:
    """A still after a move: the shot, and how far (H, W) in 0..1 each of its pixels shows what the still showed."""

    shot: Shot
    shown: Mask


def move_still(warper: Warper, landmarks: Landmarks, random: np.random.Generator) -> MovedStill:
    """Move the still that `warper` carries and that has these `landmarks`, somewhere at random."""
    lips, lids = random.random() < CLOSED_LIPS, random.random() < SHUT_LIDS
    place = close(draw_place(landmarks, random), lips=lips, lids=lids)
    warped = warper(place)
    conditioning = warped.conditioning
    matte = np.ascontiguousarray(conditioning.maps[:, :, MATTE_MAP])
    return MovedStill(
        Shot(conditioning.warped, warped.landmarks, matte), np.ascontiguousarray(conditioning.maps[:, :, VALIDITY_MAP])
    )


def draw_place(landmarks: Landmarks, random: np.random.Generator) -> Landmarks:
    """Draw one frame of one built-in motion, fitted to the face with these landmarks (478, 3)."""
    driving = _driving(MOTIONS[int(random.integers(len(MOTIONS)))])
    reference = find_reference(list(driving), landmarks, relative=True)
    return Retargeter(landmarks, reference)(driving[int(random.integers(len(driving)))])


def close(landmarks: Landmarks, *, lips: bool, lids: bool) -> Landmarks:
    """Return the same face with its lips or lids closed."""
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    openings = np.maximum(measure_controls(face)[list(OPENINGS)], 0)
    kept = np.array([not lips, not lids, not lids], np.float64)
    return apply_pose(set_openings(face, openings * kept), pose)


@cache
def _driving(name: str) -> NDArray[np.float32]:
    return builtin_motion(name, rate=MOTION_RATE).landmarks
