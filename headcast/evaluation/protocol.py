"""A tracked clip in, its split for self-reenactment out: which frames are shots, which are held-out targets.

Shots come from the first 45 % of the clip, targets from the last 45 %; the tenth between keeps them apart.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from headcast.errors import DataError
from headcast.geometry.pose import fit_pose
from headcast.types import Landmarks, Shot

PART: Final = 0.45
NUM_TARGETS: Final = 32
NUM_CONSECUTIVE: Final = 16
MIN_PART: Final = 2


@dataclass(frozen=True)
class Settings:
    """What is judged: with how many shots (T), on how many frames of a clip, and what chance decides.

    `num_pairs` of people and paintings and their drivers are shared out evenly; None is one for each. With `tune_steps`
    every avatar is also tuned, for so many steps whatever T; 0 leaves tuning out. `native` clips are judged as large as
    their videos show them, instead of at 256 pixels; pairs never are.
    """

    num_shots: tuple[int, ...] = (1,)
    num_targets: int = NUM_TARGETS
    seed: int = 0
    tune_steps: int = 0
    num_pairs: int | None = None
    native: bool = False


class ClipLandmarks(Protocol):
    """A named clip of one person with landmarks for every frame, as headcast.data.clips loads them."""

    @property
    def name(self) -> str:
        """Return the clip's name, unlike that of any other clip."""

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """Return the landmarks (N, 478, 3) in pixels of the frames."""


class JudgedClip(ClipLandmarks, Protocol):
    """A clip that can be judged: of a known person, its frames at hand."""

    def __len__(self) -> int:
        """Count the frames."""

    @property
    def rate(self) -> Fraction:
        """Return the frames a second."""

    @property
    def identity(self) -> str:
        """Return who is shown; clips of one identity count as one person."""

    def shot(self, number: int) -> Shot:
        """Return frame `number` with its landmarks and the person's matte."""


@dataclass(frozen=True)
class Split:
    """Frame numbers of the shots, the most frontal first, and of the held-out targets in the order of time.

    `passage` are held-out frames without a gap between them, for the figures of motion.
    """

    shots: tuple[int, ...]
    targets: tuple[int, ...]
    passage: tuple[int, ...]

    @property
    def made(self) -> list[int]:
        """The frames that are made again, in order."""
        return sorted({*self.targets, *self.passage})


def split_clip(clip: ClipLandmarks, num_shots: int, seed: int, num_targets: int = NUM_TARGETS) -> Split:
    """Choose `num_shots` shots and up to `num_targets` evenly spaced targets; the same seed gives the same split.

    The shots for a small number are among those for a larger one; a short clip has fewer to give than were asked for.
    Raises DataError when it is too short for one shot and two targets.
    """
    if num_shots < 1:
        raise ValueError(f"num_shots must be at least 1, not {num_shots}")
    num_frames = len(clip.landmarks)
    part = int(PART * num_frames)
    if part < MIN_PART:
        raise DataError(
            f"clip {clip.name} has {num_frames} frames, {part} of them for shots and {part} to be made again; "
            f"{MIN_PART} are needed: use a longer clip"
        )
    frontal = int(np.argmax([frontality(landmarks) for landmarks in clip.landmarks[:part]]))
    others = np.delete(np.arange(part), frontal)
    # seeded by the clip's own name: leaving out one clip does not change the split of another
    np.random.default_rng([seed, crc32(clip.name.encode())]).shuffle(others)
    targets = np.linspace(num_frames - part, num_frames - 1, min(num_targets, part)).round().astype(int)
    length = min(NUM_CONSECUTIVE, part)
    first = num_frames - part + (part - length) // 2
    shots = (frontal, *others[: num_shots - 1].tolist())
    return Split(shots, tuple(targets.tolist()), tuple(range(first, first + length)))


def frontality(landmarks: Landmarks) -> float:
    """Return how far a face (478, 3) looks into the camera: the cosine of its angle, 1 for straight ahead."""
    return float(fit_pose(landmarks).rotation[2, 2])
