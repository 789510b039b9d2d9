"""The name of a built-in motion in, a Motion of the average face out.

These motions are composed here from curves over pose and the eight controls; nobody was recorded. They go through
the same retargeting as a motion taken from a video.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import MotionError
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import (
    CONTROLS,
    NECK,
    Pose,
    apply_pose,
    change_expression,
    face_model,
    measure_controls,
    neutral_controls,
    rotation_matrix,
)
from headcast.types import Motion

Curve = NDArray[np.float64]

IMAGE_SIZE: Final = (512, 512)
EYE_DISTANCE: Final = 105.0  # pixels
MAX_SECONDS: Final = 3600.0
BLINK_SECONDS = 0.30
SYLLABLE_SECONDS = 0.19
MOUTH_SHAPES = (  # lip gap, mouth width and smile of open and closed sounds, away from rest, in eye distances
    (0.30, 0.00, 0.00),  # ah
    (0.17, 0.08, 0.02),  # eh
    (0.11, 0.12, 0.03),  # ee
    (0.20, -0.16, 0.00),  # oh
    (0.09, -0.24, 0.00),  # oo
    (0.00, -0.02, 0.00),  # m, b, p
    (0.05, 0.02, 0.00),  # f, s, t
    (0.24, 0.04, 0.00),  # a
)


@dataclass(frozen=True)
class Track:
    """Curves over time: `turn` (N, 3) rotation vector in radians, `shift` (N, 2) in eye distances,
    `controls` (N, 8) away from rest in eye distances, `lids` (N,) share of the usual opening, `times` (N,) seconds.
    """

    times: Curve
    turn: NDArray[np.float64]
    shift: NDArray[np.float64]
    controls: NDArray[np.float64]
    lids: Curve

    def control(self, name: str) -> Curve:
        """Return the curve of one of CONTROLS, to be changed in place."""
        return self.controls[:, CONTROLS.index(name)]


def builtin_motion_names() -> tuple[str, ...]:
    """Return the names of all built-in motions.

    >>> "nod" in headcast.builtin_motion_names()
    True
    """
    return tuple(sorted(_MOTIONS))


def builtin_motion(name: str, seconds: float | None = None, rate: Fraction = Fraction(30), seed: int = 0) -> Motion:
    """Compose a built-in motion of `seconds` (its own length if None) at `rate` frames a second.

    >>> headcast.builtin_motion("nod", seconds=2).landmarks.shape
    (60, 478, 3)
    """
    if name not in _MOTIONS:
        raise MotionError(f"no built-in motion {name!r}; choose one of {', '.join(builtin_motion_names())}")
    compose, usual_seconds = _MOTIONS[name]
    length = usual_seconds if seconds is None else seconds
    if not 0 < length <= MAX_SECONDS:
        raise MotionError(
            f"a built-in motion of {length:g} seconds was asked; give more than 0, at most {MAX_SECONDS:g}"
        )
    num_frames = max(1, round(length * rate))
    track = Track(
        np.arange(num_frames) / float(rate),
        np.zeros((num_frames, 3)),
        np.zeros((num_frames, 2)),
        np.zeros((num_frames, len(CONTROLS))),
        np.ones(num_frames),
    )
    compose(track, np.random.default_rng(seed))
    times = tuple(Fraction(number) / rate for number in range(num_frames))
    return Motion(_landmarks(track), times, IMAGE_SIZE, np.ones(num_frames, np.bool_))


def _landmarks(track: Track) -> NDArray[np.float32]:
    """Turn curves into landmarks (N, 478, 3) of the average face in an image of IMAGE_SIZE."""
    mean = face_model().mean
    controls = measure_controls(mean)
    rest = neutral_controls(controls)
    rest[0] = 0.0
    face = change_expression(mean, rest - controls)
    frames = []
    for turn, shift, change, lids in zip(track.turn, track.shift, track.controls, track.lids, strict=True):
        moved = change_expression(face, change * (1, 1, 1, 1, 0, 0, 1, 1))
        moved = set_openings(moved, np.array([rest[0] + change[0], rest[4] * lids, rest[5] * lids]))
        rotation = rotation_matrix(turn)
        middle = np.array([IMAGE_SIZE[0] / 2, IMAGE_SIZE[1] * 0.42, 0.0])
        place = middle + EYE_DISTANCE * (np.append(shift, 0) + NECK - rotation @ NECK)
        frames.append(apply_pose(moved, Pose(rotation, EYE_DISTANCE, place)))
    return np.stack(frames)


def _talk(track: Track, random: np.random.Generator) -> None:
    _speak(track, random)
    _blink_now_and_then(track, random)
    _sway(track, random, 1.0)
    _glance(track, random)


def _nod(track: Track, random: np.random.Generator) -> None:
    _turn_about(track, 0, 0.16 * np.sin(2 * np.pi * track.times / 1.1) * _ends(track.times))
    _blink_now_and_then(track, random)


def _shake(track: Track, random: np.random.Generator) -> None:
    _turn_about(track, 1, 0.26 * np.sin(2 * np.pi * track.times / 1.2) * _ends(track.times))
    _blink_now_and_then(track, random)


def _tilt(track: Track, random: np.random.Generator) -> None:
    _turn_about(track, 2, 0.2 * np.sin(2 * np.pi * track.times / 3.0) * _ends(track.times))
    _blink_now_and_then(track, random)


def _smile(track: Track, random: np.random.Generator) -> None:
    amount = _pulse(track.times)
    track.control("smile")[:] = 0.09 * amount
    track.control("mouth_width")[:] = 0.16 * amount
    track.control("lip_gap")[:] = 0.07 * amount
    track.lids[:] = 1 - 0.22 * amount
    _sway(track, random, 0.3)
    _blink_now_and_then(track, random)


def _surprise(track: Track, random: np.random.Generator) -> None:
    amount = _pulse(track.times)
    track.control("lip_gap")[:] = 0.34 * amount
    track.control("mouth_width")[:] = -0.08 * amount
    track.control("brow_height")[:] = 0.11 * amount
    track.lids[:] = 1 + 0.25 * amount
    _turn_about(track, 0, -0.06 * amount)
    _sway(track, random, 0.2)


def _blink(track: Track, random: np.random.Generator) -> None:
    for start in np.arange(0.5, track.times[-1] - BLINK_SECONDS, 1.2):
        _add_blink(track, float(start))
    _sway(track, random, 0.2)


def _look(track: Track, random: np.random.Generator) -> None:
    phase = 2 * np.pi * track.times / 4.0
    track.control("gaze_x")[:] = 0.075 * _plateau(np.sin(phase)) * _ends(track.times)
    track.control("gaze_y")[:] = 0.035 * _plateau(np.sin(2 * phase)) * _ends(track.times)
    _turn_about(track, 1, 0.12 * np.sin(phase - 0.4) * _ends(track.times))
    _blink_now_and_then(track, random)


def _turn(track: Track, random: np.random.Generator) -> None:
    _turn_about(track, 1, 0.42 * np.sin(2 * np.pi * track.times / 5.0) * _ends(track.times))
    _turn_about(track, 0, 0.10 * np.sin(2 * np.pi * track.times / 2.5) * _ends(track.times))
    _blink_now_and_then(track, random)


_MOTIONS: dict[str, tuple[Callable[[Track, np.random.Generator], None], float]] = {
    "blink": (_blink, 4.0),
    "look": (_look, 6.0),
    "nod": (_nod, 4.0),
    "shake": (_shake, 4.0),
    "smile": (_smile, 5.0),
    "surprise": (_surprise, 4.0),
    "talk": (_talk, 10.0),
    "tilt": (_tilt, 6.0),
    "turn": (_turn, 6.0),
}


def _speak(track: Track, random: np.random.Generator) -> None:
    """Move the mouth through syllables, closed in the pauses between phrases."""
    knots, shapes = [0.0, 0.35], [(0.0, 0.0, 0.0)] * 2
    while knots[-1] < track.times[-1]:
        for _ in range(int(random.integers(5, 11))):
            knots.append(knots[-1] + SYLLABLE_SECONDS * float(random.uniform(0.6, 1.3)))
            shape = np.array(MOUTH_SHAPES[int(random.integers(len(MOUTH_SHAPES)))])
            shapes.append(tuple(shape * (random.uniform(0.85, 1.3), 1, 1)))
        knots.append(knots[-1] + 0.16)
        shapes.append((0.0, 0.0, 0.0))
        knots.append(knots[-1] + float(random.uniform(0.15, 0.5)))
        shapes.append((0.0, 0.0, 0.0))
    for number, name in enumerate(("lip_gap", "mouth_width", "smile")):
        track.control(name)[:] = _eased(track.times, knots, [shape[number] for shape in shapes]) * _ends(track.times)
    emphasis = _noise(track.times, random, 0.9)
    track.control("brow_height")[:] = 0.035 * np.maximum(emphasis, 0)
    _turn_about(track, 0, 0.03 * emphasis)


def _sway(track: Track, random: np.random.Generator, amount: float) -> None:
    """Let the head drift as a speaker's does."""
    for axis, size, seconds in ((0, 0.07, 2.6), (1, 0.20, 3.7), (2, 0.07, 3.1)):
        _turn_about(track, axis, amount * size * _noise(track.times, random, seconds))
    for axis, size in ((0, 0.10), (1, 0.04)):
        track.shift[:, axis] += amount * size * _noise(track.times, random, 3.3)


def _glance(track: Track, random: np.random.Generator) -> None:
    """Move the eyes in steps, a little against the head's turn."""
    knots = np.cumsum(random.uniform(0.7, 2.0, int(track.times[-1]) + 3))
    for name, size in (("gaze_x", 0.05), ("gaze_y", 0.015)):
        steps = size * random.choice([-1.0, 0.0, 0.0, 1.0], len(knots))
        track.control(name)[:] = _held(track.times, knots, steps) * _ends(track.times)
    track.control("gaze_x")[:] -= 0.1 * track.turn[:, 1]


def _blink_now_and_then(track: Track, random: np.random.Generator) -> None:
    moment = float(random.uniform(0.8, 1.6))
    while moment < track.times[-1] - BLINK_SECONDS:
        _add_blink(track, moment)
        moment += float(random.uniform(1.8, 3.8))


def _add_blink(track: Track, start: float) -> None:
    """Close the lids fast and open them more slowly, shut for at least a frame at 20 frames a second."""
    closing, shut = 0.3, 0.5
    share = (track.times - start) / BLINK_SECONDS
    opening = np.interp(share, [0, closing, shut, 1], [1, 0, 0, 1])
    track.lids[:] = track.lids * opening


def _turn_about(track: Track, axis: int, angle: Curve) -> None:
    track.turn[:, axis] += angle


def _ends(times: Curve) -> Curve:
    """Return 1 within the motion, easing to 0 over the first and last half second."""
    return np.asarray(np.clip(np.minimum(times, times[-1] - times) / 0.5, 0, 1))


def _pulse(times: Curve) -> Curve:
    """Return a rise from rest, a hold and a return within the motion."""
    share = times / max(float(times[-1]), 1e-6)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.interp(share, [0.1, 0.35, 0.65, 0.9], [0, 1, 1, 0])))


def _plateau(wave: Curve) -> Curve:
    return np.asarray(np.tanh(3 * wave) / np.tanh(3))


def _eased(times: Curve, knots: list[float], values: list[float]) -> Curve:
    """Pass through the values at the knots with smooth starts and stops."""
    right = np.clip(np.searchsorted(knots, times), 1, len(knots) - 1)
    start, end = np.array(knots)[right - 1], np.array(knots)[right]
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip((times - start) / (end - start), 0, 1))
    known = np.array(values)
    return np.asarray(known[right - 1] + share * (known[right] - known[right - 1]))


def _held(times: Curve, knots: Curve, values: Curve) -> Curve:
    """Hold each value until the next knot and step there within a tenth of a second; starts at 0."""
    result = np.zeros_like(times)
    for knot, before, after in zip(knots, np.append(0, values[:-1]), values, strict=True):
        result += (after - before) * np.clip((times - knot) / 0.1, 0, 1)
    return result


def _noise(times: Curve, random: np.random.Generator, seconds: float) -> Curve:
    """Return a smooth random curve within about -1..1 that changes over `seconds`, starting and ending at 0."""
    phases, weights = random.uniform(0, 2 * np.pi, 3), np.array([0.6, 0.3, 0.2])
    waves = np.sin(2 * np.pi * times[:, None] / (seconds * np.array([1.0, 0.61, 0.37])) + phases)
    return np.asarray((waves @ weights) * _ends(times))
