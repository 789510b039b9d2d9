"""What many tests need: a real photo, the folder of test material where there is one, one thread for torch."""

import os
from pathlib import Path

import pytest

# Two test processes on two cores must not fight over them; set before anybody imports torch or OpenCV.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of clips and photos beside the repository; tests that need it are skipped without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no test material beside the repository")
    return folder


@pytest.fixture(scope="session")
def astronaut_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eileen Collins's portrait (NASA, public domain) as a PNG file."""
    from PIL import Image
    from skimage import data

    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path
