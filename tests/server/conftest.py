"""An application without a network, and what its tests send."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")
from fastapi.testclient import TestClient

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion
from headcast.server.app import make_app


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A browser's requests to a server on this computer, in this process."""
    with TestClient(make_app(), base_url="http://127.0.0.1:8350") as client:
        yield client


@pytest.fixture(scope="session")
def short_motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built-in motion of six frames, as a file."""
    path = tmp_path_factory.mktemp("motions") / "short.motion"
    save_motion(path, builtin_motion("nod", seconds=0.2))
    return path


@pytest.fixture(scope="session")
def send(client: TestClient) -> Callable[[bytes | Path, str], dict[str, Any]]:
    """Sends a file's content to the server in this process; returns what the server says of it."""

    def sent(content: bytes | Path, name: str = "file") -> dict[str, Any]:
        body = content.read_bytes() if isinstance(content, Path) else content
        answer = client.post("/api/files", params={"name": name}, content=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return sent
