"""A driving face and the sitter's own face in, the sitter's landmarks moving like the driver out.

The paper draws the driver's landmarks as they are, so the sitter takes on the driver's face shape ("personality
mismatch"). Here only what moves is carried over: rigid pose and expression, on the sitter's own shape. Lips and
lids keep their contact: they touch when the driver's touch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.blink import in_step
from headcast.geometry.contact import OPENINGS, set_openings
from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import (
    Controls,
    Face,
    Pose,
    apply_pose,
    change_expression,
    face_model,
    fit_pose,
    measure_controls,
    neutral_controls,
    neutral_face,
    remove_pose,
    rotation_matrix,
    rotation_vector,
)
from headcast.geometry.spreads import expression_distance, turn_distance
from headcast.geometry.topology import FACE_OVAL, LEFT_EYE_CORNERS, LEFT_IRIS, RIGHT_EYE_CORNERS, RIGHT_IRIS
from headcast.types import Landmarks

LIDS: Final = slice(OPENINGS[1], OPENINGS[2] + 1)
REGIONS: Final = ("all", "expression", "pose", "lips", "eyes")

MAX_ROTATION = 0.45  # radians that one photo supports: beyond that hair and outline show; turns ease off towards it
HIDDEN_TURN = 0.7  # radians that a photo may be turned aside; its far side is then not seen at all
HIDDEN_SHARE = 0.75  # of MAX_ROTATION that such a photo cannot turn towards the side that it hides
EAR_HIDES = (0.03, 0.17)  # radians that a photo is turned aside, between which its far ear goes out of sight
MAX_SHIFT = 0.6  # eye distances that the head may leave its place: beyond that more is made up behind it than shown
MAX_ZOOM = 0.2
TOUCHING = 0.01  # lip gap that the tracker still reports for closed lips, in eye distances
PARTED = 0.08  # lip gap from which on lips are surely apart; the tracker lags behind lips that close quickly
SHUT = 0.2  # share of the usual lid opening that the tracker still reports for closed lids
APART = 0.5  # share of it from which on lids are as far open as is reported
CLOSED = (0.01, 0.025)  # eye distances: a photo shows lids closed up to the first, and open from the second on
WIDEST = 1.35  # lids open to at most this multiple of the sitter's usual opening
GAZE_LIMITS = (0.11, 0.06)  # how far an iris may move from its place, in eye distances


@dataclass(frozen=True)
class Reference:
    """What the driver's motion is measured from: a face, its pose and the driver's usual lid openings (2,)."""

    face: Face
    pose: Pose
    lids: NDArray[np.float64]


def find_reference(driving: Sequence[Landmarks], sitter: Landmarks, *, relative: bool) -> Reference:
    """Find what the driver's motion is measured from, by looking at some of the driver's frames.

    Relative motion starts from the frame that is nearest to the sitter's photo in expression and pose, never
    blindly from the first; absolute motion starts from the driver's face at rest.
    """
    if not len(driving):
        raise ValueError("driving must hold at least one face")
    poses = [fit_pose(landmarks) for landmarks in driving]
    faces = [remove_pose(landmarks, pose) for landmarks, pose in zip(driving, poses, strict=True)]
    controls = np.array([measure_controls(face) for face in faces])
    lids = np.maximum(np.percentile(controls[:, OPENINGS[1:]], 70, axis=0), 0.04)
    sitter_pose = fit_pose(sitter)
    sitter_controls = measure_controls(remove_pose(sitter, sitter_pose))
    turns = turn_distance(np.array([pose.rotation for pose in poses]), sitter_pose.rotation)
    nearest = int(np.argmin(expression_distance(controls, sitter_controls) + turns))
    if relative:
        return Reference(faces[nearest], poses[nearest], lids)
    rest = np.median([neutral_face(face) for face in faces], axis=0)
    return Reference(rest, poses[nearest], lids)


class Retargeter:
    """Moves one sitter's landmarks like a driver's, measured from a reference.

    `strength` scales pose and expression; `region` is one of REGIONS.
    """

    def __init__(
        self,
        sitter: Landmarks,
        reference: Reference,
        *,
        relative: bool = True,
        strength: float = 1.0,
        region: str = "all",
    ) -> None:
        if region not in REGIONS:
            raise ValueError(f"region must be one of {', '.join(REGIONS)}, not {region!r}")
        self._pose = fit_pose(sitter)
        face = remove_pose(sitter, self._pose)
        self._face = face if relative else neutral_face(face)
        self._relative, self._strength, self._region = relative, strength, region
        self._reference = reference
        self._reference_controls = measure_controls(reference.face)
        controls = measure_controls(face)
        own, rest = controls[LIDS], neutral_controls(controls)[LIDS]
        self._openings = measure_controls(self._face)[list(OPENINGS)]
        # A photo with closed eyes does not show how wide this person opens them: estimate it. Narrow eyes stay narrow.
        self._lids = rest + smoothstep(own, *CLOSED) * (own - rest)
        self._weights = _region_weights(region)

    def __call__(self, driving: Landmarks) -> Landmarks:
        """Return the sitter's landmarks (478, 3), in the sitter's pixels, for a driving face in its own pixels."""
        pose = fit_pose(driving)
        face = remove_pose(driving, pose)
        controls = measure_controls(face)
        return apply_pose(self._express(face, controls), self._turn(pose))

    def _express(self, face: Face, controls: Controls) -> Face:
        if self._region == "pose":
            return self._face
        smooth = change_expression(np.zeros_like(face), controls - self._reference_controls)
        own_detail = face - self._reference.face - smooth
        # The outline stays the sitter's: there only the modes speak, never the driver's own shape.
        motion = smooth + _inner_weights()[:, None] * own_detail
        moved = self._face + self._strength * self._weights[:, None] * motion
        moved = set_openings(moved, self._wanted_openings(controls))
        self._limit_gaze(moved)
        return moved

    def _wanted_openings(self, controls: Controls) -> NDArray[np.float64]:
        """Return the sitter's lip gap and lid openings (3,): contact is the driver's, width is the sitter's."""
        gap = controls[OPENINGS[0]]
        lips = (gap - TOUCHING) * float(smoothstep(gap, TOUCHING, PARTED))
        lips = max(0.0, self._openings[0] + self._strength * (lips - self._openings[0]))
        share = in_step(controls[LIDS] / self._reference.lids)
        share = np.clip(share * smoothstep(share, SHUT, APART), 0, WIDEST)
        share = np.maximum(0, 1 + self._strength * (share - 1))
        wanted = np.array([lips, *(self._lids * share)])
        moves = np.array([self._region != "eyes", self._region != "lips", self._region != "lips"])
        return np.where(moves, wanted, self._openings)

    def _limit_gaze(self, face: Face) -> None:
        """Keep the irises near their place in the eyes, in place."""
        for iris, corners in ((RIGHT_IRIS, RIGHT_EYE_CORNERS), (LEFT_IRIS, LEFT_EYE_CORNERS)):
            rest = self._face[iris[0], :2] - self._face[list(corners), :2].mean(0)
            gaze = face[iris[0], :2] - face[list(corners), :2].mean(0)
            eased = rest + GAZE_LIMITS * np.tanh((gaze - rest) / GAZE_LIMITS)
            face[list(iris), :2] += eased - gaze

    def _turn(self, pose: Pose) -> Pose:
        """Return the sitter's pose for a driving pose, eased off where the photo cannot follow."""
        if self._region not in ("all", "pose"):
            return self._pose
        start = self._reference.pose
        origin = start.rotation if self._relative else self._pose.rotation
        eased = ease_turn(self._strength * rotation_vector(pose.rotation @ origin.T), self._pose.rotation)
        zoom = np.clip((pose.scale / start.scale) ** self._strength, 1 - MAX_ZOOM, 1 + MAX_ZOOM)
        shift = self._strength * (pose.translation - start.translation) / start.scale
        distance = float(np.linalg.norm(shift[:2]))
        shift *= MAX_SHIFT * np.tanh(distance / MAX_SHIFT) / max(distance, 1e-9)
        return Pose(
            rotation_matrix(eased) @ self._pose.rotation,
            self._pose.scale * float(zoom),
            self._pose.translation + self._pose.scale * shift,
        )


def ease_turn(turn: NDArray[np.float64], sitter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a turn (3,) eased off to what one photo, of a head turned by `sitter` (3, 3), can show."""
    angle = float(np.linalg.norm(turn))
    yaw = float(np.arctan2(sitter[0, 2], sitter[2, 2]))
    back = max(0.0, -float(np.sign(yaw)) * float(turn[1])) / max(angle, 1e-9)
    limit = MAX_ROTATION + back * (_most_back(abs(yaw)) - MAX_ROTATION)
    return np.asarray(turn * (limit * np.tanh(angle / limit) / max(angle, 1e-9)))


def _most_back(yaw: float) -> float:
    """Return how far, in radians, a head that a photo shows turned aside by `yaw` can turn towards its hidden side.

    It can come back to the camera, but past it by no more than that side is seen; far ones cannot come back whole.
    """
    past = MAX_ROTATION * (1 - float(smoothstep(np.float64(yaw), *EAR_HIDES)))
    return min(yaw + past, MAX_ROTATION * (1 - HIDDEN_SHARE * min(yaw / HIDDEN_TURN, 1.0)))


@cache
def _inner_weights() -> NDArray[np.float64]:
    """Return 0 (478,) at the face oval, rising to 1 inside of the face."""
    mean = face_model().mean[:, :2]
    distances = np.linalg.norm(mean[:, None] - mean[list(FACE_OVAL)], axis=2).min(1)
    return smoothstep(distances, 0.0, 0.35)


def _region_weights(region: str) -> NDArray[np.float64]:
    """Return how much (478,) each point takes part in a region's expression."""
    mean = face_model().mean
    if region == "lips":
        return smoothstep(mean[:, 1], 0.55, 0.85)
    if region == "eyes":
        return 1 - smoothstep(mean[:, 1], 0.15, 0.4)
    return np.ones(len(mean))
