"""What many tests need: a real photo, the folder of test material where there is one, one thread for torch."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

# Test processes side by side must not fight over the cores; set before anybody imports torch or OpenCV.
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

# These files take ten seconds and more. They come first: started last, one would keep the others' processes waiting.
LONG = {
    "cli/test_evaluate.py",
    "commands/test_killed.py",
    "evaluation/test_bench.py",
    "evaluation/test_native.py",
    "examples/test_clients.py",
    "hostile/test_fuzz.py",
    "hostile/test_writers.py",
    "reenact/test_compose.py",
    "server/test_avatar_page.py",
    "server/test_live_page.py",
    "server/test_ray_serve.py",
    "server/test_studio_page.py",
    "study/test_build.py",
    "training/test_distributed.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first."""
    items.sort(key=lambda item: "/".join(item.path.parts[-2:]) not in LONG)


@pytest.fixture(scope="session", autouse=True)
def own_user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests leave the user's cache alone; what one compiles is there for all processes and those that they start."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "user_cache"
    folder.mkdir(exist_ok=True)
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
def before_a_wall() -> Callable[[str], Image]:
    """Built-in portraits before an even wall, whose filling takes no network, where a test is of something else."""

    def make(name: str) -> Image:
        photo = np.asarray(read_portrait(name))
        return np.where(person_matte(photo)[:, :, None] > 0.5, photo, np.uint8(128))

    return make


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


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[Any]]:
    """Serves the application from another thread for as long as its block lasts."""
    pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
    from headcast.server.app import make_app
    from headcast.server.run import Server
    from headcast.server.settings import ServerSettings

    @contextmanager
    def serve(settings: ServerSettings | None = None) -> Iterator[Server]:
        settings = settings or ServerSettings(port=0)
        started = threading.Event()
        server = Server(make_app(settings), settings, lambda _: started.set())
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            assert started.wait(30)
            yield server
        finally:
            server.stop()
            thread.join()

    return serve
