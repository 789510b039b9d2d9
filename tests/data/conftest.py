"""One clip of a moving person, made of the astronaut (NASA, public domain), and the same clip tracked."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.face.builtin import builtin_motion
from headcast.face.retarget import Retargeter, find_reference
from headcast.face.warp import Warper
from headcast.media.writer import VideoWriter
from headcast.reenact.sitter import make_sitter

CLIP_RATE = Fraction(12)
NUM_FRAMES = 30


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two and a half seconds in which she speaks, blinks and moves her head."""
    path = tmp_path_factory.mktemp("clips") / "eileen_1.mp4"
    sitter = make_sitter(np.asarray(skimage.data.astronaut()))
    motion = builtin_motion("talk", NUM_FRAMES / CLIP_RATE, CLIP_RATE)
    reference = find_reference(list(motion.landmarks), sitter.shot.landmarks, relative=True)
    retarget, warp = Retargeter(sitter.shot.landmarks, reference), Warper(sitter.shot)
    with VideoWriter(path, (288, 272), CLIP_RATE) as writer:
        for landmarks in motion.landmarks:
            frame = warp(retarget(landmarks)).conditioning.warped
            writer.write(np.pad(frame, ((8, 8), (16, 16), (0, 0)), mode="edge"))
    return path


@pytest.fixture(scope="session")
def clip(clip_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return load_clip(ClipFile(clip_path, "eileen"), tmp_path_factory.mktemp("cache"))
