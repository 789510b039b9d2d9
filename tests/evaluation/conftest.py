"""Pictures with known landmarks, and the judges' networks where the shared folder is present."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from headcast.data.clips import Clip
from headcast.geometry.pose import Pose, apply_pose, face_model
from headcast.media.portraits import read_portrait
from headcast.reenact.sitter import make_sitter
from headcast.types import Box, Image, Landmarks


@pytest.fixture(scope="session")
def nets(shared_dir: Path) -> Path:
    return shared_dir / "nets"


@pytest.fixture(scope="session")
def portrait() -> Image:
    """The astronaut, 256 px; her eye centres are 40 px apart."""
    return read_portrait("astronaut")[:256, 100:356].copy()


@pytest.fixture(scope="session")
def face() -> Landmarks:
    """The mean face laid over the astronaut's, as far as a mean face fits hers."""
    return apply_pose(face_model().mean, Pose(np.eye(3), 40.0, np.array([124.5, 101.0, 0.0])))


SHIFTS = (0, 0, 0, 0, 0, 0, 3, 9, 3, 12, 6, 12)
"""By how many pixels each frame of `make_clip` is moved to the right; the shot lies at 0, the last five are targets."""


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Clip]:
    """Makes a clip of one photo that moves sideways, its landmarks known exactly."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str, photo: Image, shifts: Sequence[int] = SHIFTS) -> Clip:
        shot = make_sitter(photo).shot
        frames = np.stack([move(shot.image, shift) for shift in shifts])
        mattes = np.stack([move((255 * shot.matte).astype(np.uint8), shift) for shift in shifts])
        landmarks = np.stack([shot.landmarks + np.float32([shift, 0, 0]) for shift in shifts])
        path = folder / f"{name}.safetensors"
        save_file({"frames": frames, "mattes": mattes, "landmarks": landmarks}, path)
        size = float(photo.shape[0])
        return Clip(name, name.split("_")[0], path, path, landmarks, Fraction(25), Box(0.0, 0.0, size, size))

    return make


def move(picture: np.ndarray, shift: int) -> np.ndarray:
    """Move a picture to the right, its border repeated."""
    matrix = np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.0]])
    size = (picture.shape[1], picture.shape[0])
    return cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="session")
def judge_the_check() -> Callable[..., None]:
    """Runs a check on the right metric and on wrong ones: a check that passes a wrong metric checks nothing."""

    def judge(check: Callable[[Callable], None], right: Callable, *wrong: Callable) -> None:
        check(right)
        for planted in wrong:
            with pytest.raises(AssertionError):
                check(planted)

    return judge
