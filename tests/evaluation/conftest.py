"""Pictures with known landmarks, and the judges' networks where the shared folder is present."""

from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from headcast.face.pose import Pose, apply_pose, face_model
from headcast.types import Image, Landmarks

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(scope="session")
def nets() -> Path:
    folder = SHARED / "nets"
    if not folder.is_dir():
        pytest.skip("the judges' networks are not beside the repository")
    return folder


@pytest.fixture(scope="session")
def portrait() -> Image:
    """The astronaut, 256 px; her eye centres are 40 px apart."""
    return astronaut()[:256, 100:356].copy()


@pytest.fixture(scope="session")
def face() -> Landmarks:
    """The mean face laid over the astronaut's, as far as a mean face fits hers."""
    return apply_pose(face_model().mean, Pose(np.eye(3), 40.0, np.array([124.5, 101.0, 0.0])))
