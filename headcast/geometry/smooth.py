"""Tracked landmarks in, the same without the tracker's tremble out; causal."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import face_size
from headcast.types import NUM_LANDMARKS, Landmarks

_RESTING_CUTOFF: Final = 0.8  # hertz: what a point at rest keeps
_SPEED_GAIN: Final = 90.0  # hertz per face size a second: a moving point keeps nearly everything
_SPEED_CUTOFF: Final = 4.0  # hertz, for the speed itself


class Smoother:
    """One-euro filter (Casiez et al. 2012) on every landmark: calm at rest, without lag in motion; causal.

    Of a still face's tremble it leaves 0.4; blinks keep 0.99 of their depth and lids and lips are not late.
    """

    def __init__(self) -> None:
        self._time: Fraction | None = None
        self._raw = self._smoothed = self._velocity = np.zeros((NUM_LANDMARKS, 3))

    def __call__(self, landmarks: Landmarks, time: Fraction) -> Landmarks:
        """Return the smoothed landmarks at `time` in seconds; ValueError if time does not increase."""
        raw = landmarks.astype(np.float64)
        if self._time is None:
            self._smoothed, self._velocity = raw, np.zeros_like(raw)
        else:
            step = float(time - self._time)
            if step <= 0:
                raise ValueError(f"time must increase from frame to frame, not go from {self._time} to {time}")
            velocity = (raw - self._raw) / step
            self._velocity = self._velocity + _share(_SPEED_CUTOFF, step) * (velocity - self._velocity)
            speed = np.linalg.norm(self._velocity[:, :2], axis=1, keepdims=True) / max(face_size(landmarks), 1.0)
            share = _share(_RESTING_CUTOFF + _SPEED_GAIN * speed, step)
            self._smoothed = self._smoothed + share * (raw - self._smoothed)
        self._raw, self._time = raw, time
        return self._smoothed.astype(np.float32)

    def reset(self) -> None:
        """Forget the past: after a cut, or when the face was lost."""
        self._time = None


def smooth(landmarks: NDArray[np.float32], times: Iterable[Fraction]) -> NDArray[np.float32]:
    """Smooth a whole motion (N, 478, 3) as a camera's or a file's is: frame by frame."""
    smoother = Smoother()
    return np.stack([smoother(points, time) for points, time in zip(landmarks, times, strict=True)])


def _share(cutoff: float | NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return how far a first-order low-pass filter moves towards a new value after `step` seconds."""
    rate = 2 * math.pi * np.asarray(cutoff) * step
    return rate / (rate + 1)
