from pathlib import Path

import numpy as np
import pytest

from headcast.evaluation.baselines import OURS, PHOTO, WARP, Rivals
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.types import Image, Landmarks, Shot


def test_rivals_answer_the_same_landmarks(
    portrait: Image, face: Landmarks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    size = PRESETS["tiny"].image_size
    scale = size / 256
    image = np.ascontiguousarray(portrait[:: round(1 / scale), :: round(1 / scale)])
    shot = Shot(image, (face * scale).astype(np.float32), np.ones((size, size), np.float32))
    rivals = Rivals(shot, build_model(PRESETS["tiny"], seed=0), precision="f32")

    still = rivals(shot.landmarks)
    assert np.abs(still[WARP].astype(float) - image).mean() < 6  # the warp onto its own landmarks is the photo
    moved = rivals(shot.landmarks + np.float32([3, 0, 0]))
    assert (moved[PHOTO] == image).all()
    middle = np.s_[size // 4 : size // 2, size // 3 : 2 * size // 3]
    shifted = np.roll(image, 3, axis=1).astype(float)[middle]
    assert np.abs(moved[WARP][middle] - shifted).mean() < np.abs(image[middle] - shifted).mean() / 2
    # untrained, ours still has the shot's size and changes with the landmarks
    assert moved[OURS].shape == image.shape and (moved[OURS] != still[OURS]).any()
