"""Tracked clips in, batches of training episodes out: K shots, warped shots and one target of the same person.

Neighbouring frames teach nothing but copying, so a target lies far from its shot in pose and expression or holds an
event (a mouth that opens, a blink), and every episode is moved to a new, made-up person by one change of shape and
colour for all its frames. A clip of one frame is a still, which is moved and moved back.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.data.augment import Disguise, random_disguise, roughen_landmarks, spoil_image
from headcast.data.regions import eyes_loss_box, mouth_loss_box, region_weights
from headcast.data.stills import MovedStill, move_still
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.geometry.spreads import controls_in_spreads, turn_in_spreads
from headcast.pixels.sampling import sample
from headcast.types import VALIDITY_MAP, Conditioning, Landmarks, Mask, Shot
from headcast.warping.draw import draw_landmark_image
from headcast.warping.warp import Warper

Arrays = dict[str, NDArray[np.generic]]

MIN_SECONDS_APART = 0.5
EVENT_CONTROLS = [0, 4, 5, 6]  # lip gap, lids, gaze
RETARGET_SHARE = 0.15  # of the episodes read landmarks that went through retargeting, as in use
WARPED_SHOTS, WARPED_SHARES = (1, 2, 3, 4, 8), (0.45, 0.15, 0.15, 0.15, 0.1)
"""How many shots are warped together, and in what shares of the episodes: one needs more repair than eight."""


@dataclass(frozen=True)
class EpisodeSettings:
    """How episodes are drawn; `frame_size` is the target's side, `shot_size` the embedder's, in pixels."""

    batch_size: int = 8
    num_shots: int = 3
    frame_size: int = 256
    shot_size: int = 128
    disguise: bool = True  # off for validation: real people, unspoiled
    still_share: float = 0.25  # of the episodes come from stills, where there are stills and clips
    max_warped_shots: int = 8  # warped together; 1 for a generator that reads no warped shot


class EpisodeClip(Protocol):
    """A tracked clip of 256-pixel frames, from wherever it is read; one of one frame is a still."""

    def __len__(self) -> int:
        """Count the frames."""

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """Landmarks (N, 478, 3) of all frames, in their pixels."""

    @property
    def rate(self) -> Fraction:
        """Frames a second."""

    def shot(self, number: int) -> Shot:
        """Return one frame with its landmarks and matte."""


class EpisodeSampler:
    """Draws episodes from clips and stills.

    Each episode has a seed of its own, made of `seed`, step and row: a resumed run, and one that shares its rows
    among processes, draw what an undisturbed one would.
    """

    def __init__(self, clips: Sequence[EpisodeClip], settings: EpisodeSettings, seed: int) -> None:
        if not clips:
            raise ValueError("clips must hold at least one clip")
        self._clips = clips
        self._settings = settings
        self._seed = seed
        self._stills = [number for number, clip in enumerate(clips) if len(clip) == 1]
        self._moving = [number for number, clip in enumerate(clips) if len(clip) > 1]
        self._distances = {number: FrameDistances(clips[number]) for number in self._moving}

    def batches(self, first_step: int = 0, rows: slice = slice(None)) -> Iterator[Arrays]:
        """Yield batches for ever, or these rows of each: arrays named like the fields of training's EpisodeBatch."""
        for step in itertools.count(first_step):
            seeds = [(self._seed, step, row) for row in range(self._settings.batch_size)[rows]]
            yield stack([self._draw(np.random.default_rng(seed)) for seed in seeds])

    def episode(self, clip_number: int, random: np.random.Generator) -> Arrays:
        """Draw one episode from one clip or still."""
        if clip_number not in self._distances:
            return self._still_episode(clip_number, random)
        clip, distances, settings = self._clips[clip_number], self._distances[clip_number], self._settings
        shot_number = int(random.integers(len(clip)))
        target_number = distances.draw_target(shot_number, random)
        others = random.choice(len(clip), settings.num_shots, replace=len(clip) < settings.num_shots)
        disguise = random_disguise(random) if settings.disguise else Disguise()
        target = disguise.apply(clip.shot(target_number))
        shot = disguise.apply(clip.shot(shot_number))
        driving = self._driving(clip, shot, target, disguise, random)
        count = min(int(random.choice(WARPED_SHOTS, p=WARPED_SHARES)), settings.max_warped_shots)
        more = distances.draw_shots(count - 1, target_number, random)
        warped = [shot, *(disguise.apply(clip.shot(number)) for number in more)]
        if settings.disguise:
            warped = _spoil_alike(warped, random)
            driving = roughen_landmarks(driving, random)
        shots = [disguise.apply(clip.shot(int(number))) for number in others]
        return make_episode(warped, driving, target, shots, clip_number, settings)

    def _draw(self, random: np.random.Generator) -> Arrays:
        share = self._settings.still_share if self._moving and self._stills else float(not self._moving)
        numbers = self._stills if random.random() < share else self._moving
        return self.episode(numbers[int(random.integers(len(numbers)))], random)

    def _still_episode(self, clip_number: int, random: np.random.Generator) -> Arrays:
        settings = self._settings
        disguise = random_disguise(random) if settings.disguise else Disguise()
        target = resize_shot(disguise.apply(self._clips[clip_number].shot(0)), settings.frame_size)
        warper = Warper(target)
        moved, *others = (move_still(warper, target.landmarks, random) for _ in range(1 + settings.num_shots))
        driving = target.landmarks
        if settings.disguise:
            spoilt = Shot(spoil_image(moved.shot.image, random), moved.shot.landmarks, moved.shot.matte)
            moved, driving = MovedStill(spoilt, moved.shown), roughen_landmarks(driving, random)
        shots = [other.shot for other in others]
        return make_episode([moved.shot], driving, target, shots, clip_number, settings, moved.shown)

    def _driving(
        self, clip: EpisodeClip, shot: Shot, target: Shot, disguise: Disguise, random: np.random.Generator
    ) -> Landmarks:
        """Return the target's landmarks, some of the time as retargeting would give them."""
        if not self._settings.disguise or random.random() > RETARGET_SHARE:
            return target.landmarks
        some = random.choice(len(clip), min(8, len(clip)), replace=False)
        driver = [disguise.move(clip.landmarks[number]) for number in some]
        return Retargeter(shot.landmarks, find_reference(driver, shot.landmarks, relative=True))(target.landmarks)


def make_episode(
    warped: Sequence[Shot],
    driving: Landmarks,
    target: Shot,
    shots: Sequence[Shot],
    video_index: int,
    settings: EpisodeSettings,
    shown: Mask | None = None,
) -> Arrays:
    """Build one episode: shots `warped` for `driving` landmarks, the `target` frame and the embedder's `shots`.

    `shown` says of a made-up shot, which has the size of the frames, how far each pixel is a true one.
    """
    driving = resize_landmarks(driving, target.image.shape[0], settings.frame_size)
    target = resize_shot(target, settings.frame_size)
    first, *others = (resize_shot(shot, settings.frame_size) for shot in warped)
    return pack_episode(
        _condition(Warper(first, others=others), driving, shown),
        target,
        shots,
        video_index,
        settings,
    )


def pack_episode(
    conditioning: Conditioning, target: Shot, shots: Sequence[Shot], video_index: int, settings: EpisodeSettings
) -> Arrays:
    """Lay out one episode whose conditioning and `target` have the frames' size."""
    images = np.dstack([conditioning.landmark_image, conditioning.warped, np.uint8(conditioning.maps * 255 + 0.5)])
    small = [resize_shot(each, settings.shot_size) for each in shots]
    return {
        "shots": np.stack([each.image for each in small]).transpose(0, 3, 1, 2),
        "shot_landmark_images": np.stack(
            [draw_landmark_image(each.landmarks, settings.shot_size) for each in small]
        ).transpose(0, 3, 1, 2),
        "conditioning": images.transpose(2, 0, 1),
        "target": target.image.transpose(2, 0, 1),
        "region_weights": region_weights(target)[None],
        "mouth_boxes": mouth_loss_box(target.landmarks),
        "eye_boxes": eyes_loss_box(target.landmarks),
        "video_index": np.array(video_index),
    }


def _condition(warper: Warper, driving: Landmarks, shown: Mask | None) -> Conditioning:
    warped = warper(driving)
    if shown is not None:
        carried = sample(shown, warped.grid.positions)
        warped.conditioning.maps[:, :, VALIDITY_MAP] *= shown + warped.carried * (carried - shown)
    return warped.conditioning


def _spoil_alike(shots: Sequence[Shot], random: np.random.Generator) -> list[Shot]:
    """Spoil shots of one take, or none of them, in one way."""
    seed = int(random.integers(1 << 32))
    images = [spoil_image(shot.image, np.random.default_rng(seed)) for shot in shots]
    return [Shot(image, shot.landmarks, shot.matte) for image, shot in zip(images, shots, strict=True)]


def resize_shot(shot: Shot, size: int) -> Shot:
    """Return the shot at `size` x `size` pixels."""
    old = shot.image.shape[0]
    if old == size:
        return shot
    how = cv2.INTER_AREA if size < old else cv2.INTER_CUBIC
    return Shot(
        np.asarray(cv2.resize(shot.image, (size, size), interpolation=how), np.uint8),
        resize_landmarks(shot.landmarks, old, size),
        np.asarray(cv2.resize(shot.matte, (size, size), interpolation=cv2.INTER_AREA), np.float32),
    )


def resize_landmarks(landmarks: Landmarks, old: int, size: int) -> Landmarks:
    """Return landmarks of a picture of side `old` for the same picture at side `size`."""
    resized: Landmarks = landmarks * np.float32(size / old)
    resized[:, :2] += (size / old - 1) / 2  # pixel centres lie at whole numbers
    return resized


def stack(episodes: Sequence[Arrays]) -> Arrays:
    """Stack episodes into one batch."""
    return {name: np.stack([episode[name] for episode in episodes]) for name in episodes[0]}


class FrameDistances:
    """How far the frames of one clip are from each other in pose and expression."""

    def __init__(self, clip: EpisodeClip) -> None:
        poses = [fit_pose(landmarks) for landmarks in clip.landmarks]
        faces = [remove_pose(landmarks, pose) for landmarks, pose in zip(clip.landmarks, poses, strict=True)]
        self._controls = controls_in_spreads(np.array([measure_controls(face) for face in faces]))
        self._turns = turn_in_spreads(np.array([pose.rotation for pose in poses]))
        self._apart = max(1, round(MIN_SECONDS_APART * clip.rate))

    def changes_from(self, shot: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far every frame's expression and pose (N,) are from a shot's, in spreads."""
        expression = np.linalg.norm(self._controls - self._controls[shot], axis=1)
        return expression, np.linalg.norm(self._turns - self._turns[shot], axis=1)

    def draw_target(self, shot: int, random: np.random.Generator) -> int:
        """Draw a target for a shot: half far away, a quarter anywhere, a quarter with an event."""
        numbers = np.arange(len(self._controls))
        allowed = numbers[np.abs(numbers - shot) >= self._apart]
        if not len(allowed):
            return int(random.choice(numbers))
        change = np.abs(self._controls[allowed] - self._controls[shot])
        turn = np.linalg.norm(self._turns[allowed] - self._turns[shot], axis=1)
        kind = random.random()
        if kind < 0.5:
            far = np.argsort(np.linalg.norm(change, axis=1) + turn)[-max(1, len(allowed) // 4) :]
            return int(allowed[random.choice(far)])
        if kind < 0.75:
            return int(random.choice(allowed))
        events = change[:, EVENT_CONTROLS].max(1) ** 2 + 1e-6
        return int(random.choice(allowed, p=events / events.sum()))

    def draw_shots(self, count: int, target: int, random: np.random.Generator) -> list[int]:
        """Draw shots that lie apart from the target; fewer where the clip has no more."""
        numbers = np.arange(len(self._controls))
        allowed = numbers[np.abs(numbers - target) >= self._apart]
        chosen: list[int] = random.choice(allowed, min(count, len(allowed)), replace=False).tolist()
        return chosen
