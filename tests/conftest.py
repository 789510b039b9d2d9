"""What many tests need: a real photo, the folder of test material where there is one, one thread for torch."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Two test processes on two cores must not fight over them; set before anybody imports torch or OpenCV.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["SE_AVOID_STATS"] = "true"  # Selenium would report each browser that it starts

import numpy as np

from headcast.media.portraits import read_portrait
from headcast.openvino_loader import load_openvino
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import person_matte
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks, Shot

load_openvino()  # before a test imports OpenVINO itself, whose statistics would be on


@pytest.fixture(scope="session", autouse=True)
def own_user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests leave the user's cache alone; what they compile is there for the processes that they start, too."""
    folder = tmp_path_factory.mktemp("user_cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


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
    import PIL.Image

    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    PIL.Image.fromarray(read_portrait("astronaut")).save(path)
    return path


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """Eileen Collins's portrait (NASA, public domain)."""
    return np.asarray(read_portrait("astronaut"))


@pytest.fixture(scope="session")
def face(astronaut: Image) -> Landmarks:
    """Landmarks in pixels of the whole photo."""
    return find_face(astronaut)


@pytest.fixture(scope="session")
def head(astronaut: Image, face: Landmarks) -> tuple[Image, Landmarks]:
    """The 256 px head crop and the landmarks in it."""
    box = head_crop(face)
    return crop_image(astronaut, box, 256), crop_landmarks(face, box, 256)


@pytest.fixture(scope="session")
def shot(head: tuple[Image, Landmarks]) -> Shot:
    """The head crop with the person's matte."""
    image, landmarks = head
    return Shot(image, landmarks, person_matte(image))
