"""A small study with pictures that need no network, and a server for it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from headcast.media.images import write_image
from headcast.server.study import StudyServer, open_server
from headcast.study.study import KEY_NAME, PICTURES_NAME, Study, load_study


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Study]:
    """Makes a study with a question for each person named; the generated picture is always named first in the key."""

    def make(people: tuple[str, ...] = ("anna", "ben", "cleo", "dora")) -> Study:
        folder = tmp_path / "study"
        (folder / PICTURES_NAME).mkdir(parents=True)
        random = np.random.default_rng(0)
        entries = []
        for number, identity in enumerate(people):
            pictures = [f"{number:08x}{place:08x}" for place in range(3)]
            for picture in pictures:
                image = np.full((256, 256, 3), random.integers(60, 200, 3), np.uint8)
                write_image(folder / PICTURES_NAME / f"{picture}.png", image, {})
            entries.append(
                {"name": f"{number:016x}", "identity": identity, "pictures": pictures, "generated": pictures[0]}
            )
        key = {"format": "headcast-study", "version": 1, "seed": 5, "triplets": entries}
        (folder / KEY_NAME).write_text(json.dumps(key))
        return load_study(folder)

    return make


@pytest.fixture
def serving() -> Callable[[StudyServer], AbstractContextManager[None]]:
    """Serves from another thread for as long as its block lasts."""

    @contextmanager
    def serve(server: StudyServer) -> Iterator[None]:
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield
        finally:
            server.stop()
            thread.join()

    return serve


@pytest.fixture
def server(
    make_study: Callable[..., Study], serving: Callable[[StudyServer], AbstractContextManager[None]]
) -> Iterator[StudyServer]:
    """A study's server, serving."""
    with open_server(make_study().folder, port=0) as server, serving(server):
        yield server
