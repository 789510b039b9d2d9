"""Pictures with known landmarks, and the judges' networks where the shared folder is present."""

from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from headcast.face.pose import Pose, apply_pose, face_model
from headcast.types import Image, Landmarks


@pytest.fixture(scope="session")
def nets(shared_dir: Path) -> Path:
    return shared_dir / "nets"


@pytest.fixture(scope="session")
def portrait() -> Image:
    """The astronaut, 256 px; her eye centres are 40 px apart."""
    return astronaut()[:256, 100:356].copy()


@pytest.fixture(scope="session")
def face() -> Landmarks:
    """The mean face laid over the astronaut's, as far as a mean face fits hers."""
    return apply_pose(face_model().mean, Pose(np.eye(3), 40.0, np.array([124.5, 101.0, 0.0])))
