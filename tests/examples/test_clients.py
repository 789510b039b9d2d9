"""The clients of examples/, run as their readers would run them."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the clients need a server: headcast[studio]")

from headcast.media.images import read_image, read_image_metadata
from headcast.server.settings import ServerSettings

EXAMPLES = Path(__file__).parents[2] / "examples"
MANY = 30  # frames, some of them before a restart and some after it


@contextmanager
def in_thread(serve, stop):
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()


@pytest.fixture(scope="module")
def pages():
    """The folder of examples, on a port of its own, as a game's page would be."""
    handler = functools.partial(QuietHandler, directory=str(EXAMPLES))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        in_thread(server.serve_forever, server.shutdown),
    ):
        yield f"http://localhost:{server.server_port}"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(pages, serving):
    """A server that the game's page may use."""
    with serving(ServerSettings(port=0, origins=(pages,))) as server:
        yield server


def test_python(server, astronaut_path, tmp_path):
    words = [astronaut_path, tmp_path / "out", "--url", server.url, "--frames", "4"]
    ended = subprocess.run(
        [sys.executable, EXAMPLES / "client.py", *map(str, words)], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    frames = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in frames] == ["000.jpg", "001.jpg", "002.jpg", "003.jpg"]
    assert ended.stdout.endswith("4 frames of 512x512\n")
    assert all(read_image(path).shape == (512, 512, 3) for path in frames)
    assert len({path.read_bytes() for path in frames}) == 4
    assert read_image_metadata(frames[0])["comment"].startswith("Synthetic")


def test_clients_go_on_where_the_server_was_restarted(serving, tmp_path):
    """At its old place, where nobody knows the session any more: both open another and ask again."""
    out = tmp_path / "out"
    out.mkdir()
    with serving() as first, (tmp_path / "points").open("w+") as points:
        settings, url = ServerSettings(port=first.port), first.url.rstrip("/")
        words = ["hopper", out, "--url", url, "--frames", MANY]
        running = [subprocess.Popen([*map(str, [sys.executable, EXAMPLES / "client.py", *words])], **PIPES)]
        if can_run_javascript():
            words = [*NODE, "-e", script_of(url, "hopper", MANY)]
            running.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=points, text=True))
        end = time.monotonic() + 60
        while len(list(out.iterdir())) < 3 or (len(running) == 2 and os.fstat(points.fileno()).st_size < 3):
            assert time.monotonic() < end, (tmp_path / "points").read_text()
            time.sleep(0.02)
    with serving(settings):
        said = [client.communicate(timeout=120) for client in running]
    assert [client.returncode for client in running] == [0] * len(running), (said, (tmp_path / "points").read_text())
    assert len(list(out.iterdir())) == MANY
    for text, _ in said[1:]:
        assert [number for number, *_ in json.loads(text)] == list(range(MANY))


def test_a_game_shows_the_person_before_its_sky(server, tmp_path):
    pytest.importorskip("pygame", reason="the game needs pygame-ce")
    words = ["--url", server.url, "--frames", "3", "--screenshot", str(tmp_path / "game.png")]
    ended = subprocess.run(
        [sys.executable, EXAMPLES / "game.py", *words],
        env=os.environ | {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    shown = read_image(tmp_path / "game.png").astype(int)
    assert shown.shape == (400, 640, 3)
    sky = np.repeat(shown[:, :1], 640, axis=1)  # each row of it has one colour
    differs = np.abs(shown - sky).max(axis=2) > 20
    assert not differs[:140].any() and not differs[:, :190].any()  # where the person is not
    assert 0.3 < differs[144:, 192:448].mean() < 0.95  # and where it stands, cut out


NODE = ["node", "--experimental-websocket", "--input-type=module"]
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def can_run_javascript():
    probe = [*NODE[:2], "-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"]
    return shutil.which("node") and not subprocess.run(probe, capture_output=True, check=False).returncode


def script_of(url, avatar, num_frames):
    """A program that asks for frames one after another, a point for each, and tells their numbers and sizes."""
    return f"""
    import {{ openSession }} from "{(EXAMPLES / "client.js").as_uri()}";
    const seen = [];
    const show = (frame) => {{
      seen.push([frame.number, frame.width, frame.height, frame.picture.size]);
      process.stderr.write(".");
      if (seen.length < {num_frames}) return ask({{ controls: {{ turn: 5 }} }});
      console.log(JSON.stringify(seen));
      ask.close();
    }};
    const ask = await openSession("{url}", {{ avatar: "{avatar}", format: "rgba" }}, show, () => {{}});
    ask({{ arkit: {{ jawOpen: 0.3 }} }});
    """


def test_javascript_in_node(server):
    if not can_run_javascript():
        pytest.skip("the JavaScript client needs Node 20.10 or newer outside of a browser")
    script = script_of(server.url.rstrip("/"), "hopper", 3)
    ended = subprocess.run([*NODE, "-e", script], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [[number, 256, 256, 256 * 256 * 4] for number in range(3)]


def test_javascript_in_a_games_page(server, pages):
    webdriver = pytest.importorskip("selenium.webdriver", reason="pages are tested with selenium: not installed")
    program, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("pages are tested in Chromium: no chromium and chromedriver here (make browser)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(word)
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        api = f"http://localhost:{server.port}"
        browser.get(f"{pages}/client.html?server={api}")
        end = time.monotonic() + 60
        while "Frame 5" not in (text := browser.find_element("id", "line").text):
            assert time.monotonic() < end, text
            time.sleep(0.05)
        assert "Synthetic" in text
        alpha = "return [...document.querySelector('canvas').getContext('2d').getImageData(2, 2, 1, 1).data][3]"
        assert browser.execute_script(alpha) == 0  # the person is cut out
        browser.get(
            f"{pages.replace('localhost', '127.0.0.1')}/client.html?server={api}"
        )  # a page that was not allowed
        end = time.monotonic() + 60
        while "fetch" not in browser.find_element("id", "line").text:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        browser.quit()
