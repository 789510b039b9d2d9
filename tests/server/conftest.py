"""An application without a network, and what its tests send; the studio in a browser."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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


@pytest.fixture(scope="module")
def studio_browser() -> Iterator[Any]:
    """A browser that keeps nothing, with a camera that shows a test picture; skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="the studio is tested with selenium: not installed")
    program, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("the studio is tested in Chromium: no chromium and chromedriver here (make browser)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def studio(serving: Callable[..., Any]) -> Iterator[Any]:
    """A server that can be stopped and started again at its port."""
    sys.path.insert(0, str(Path(__file__).parent))
    from studio_page import Studio

    with ExitStack() as stack:
        yield Studio(stack, serving)


@pytest.fixture
def page(studio_browser: Any, studio: Any) -> Iterator[Any]:
    """The studio, opened by somebody new; nothing severe may stand in the browser's log in the end."""
    from studio_page import Page

    chromium = studio_browser
    chromium.get(f"{studio.url}static/icon.svg")
    chromium.execute_script("localStorage.clear(); sessionStorage.clear()")
    page = Page(chromium, studio)
    page.size(1280, 900)
    page.open()
    chromium.get_log("browser")
    yield page
    severe = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [line for line in severe if not any(word in line for word in page.expected)] == []
