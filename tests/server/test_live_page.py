"""The live page in Chromium, with a built-in photo that sways as its camera."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "live"))
from moving_photo import RATE, SIZE, moving_photo

webdriver = pytest.importorskip("selenium.webdriver", reason="the live page is tested with selenium: not installed")
pytest.importorskip("aiortc", reason="live sessions need headcast[studio]")
import cv2  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

MANY, FEW = 200, 12


@pytest.fixture(scope="module")
def camera(tmp_path_factory) -> Path:
    """Two seconds of raw video, which Chromium repeats."""
    path = tmp_path_factory.mktemp("camera") / "camera.y4m"
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for picture in moving_photo(70):
            file.write(b"FRAME\n" + np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)).tobytes())
    return path


@pytest.fixture(scope="module")
def chromium(camera):
    program, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("the live page is tested in Chromium: no chromium and chromedriver here (make browser)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1100,900",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


def text(browser, name: str) -> str:
    return browser.find_element(By.ID, name).text


def wait(browser, condition, seconds: float = 60):
    return WebDriverWait(browser, seconds, poll_frequency=0.1).until(lambda _: condition())


def walk(browser, server, count: int, query: str, way: str) -> None:
    """Open the page, choose, start, wait for so many frames, freeze, stop."""
    browser.get(f"{server.url}live?avatar=hopper{query}")
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "#avatar option")) >= 2)
    browser.find_element(By.ID, "start").click()
    wait(browser, lambda: int(text(browser, "frames")) >= count, 30 + count)
    assert text(browser, "way") == way
    wait(browser, lambda: text(browser, "delay").endswith(" ms"), 10)
    assert "Synthetic" in browser.find_element(By.CSS_SELECTOR, "figcaption").text
    shown = "video" if way == "WebRTC" else "canvas"
    assert browser.find_element(By.ID, shown).is_displayed() and not browser.find_element(By.ID, "still").is_displayed()
    browser.find_element(By.ID, "freeze").click()
    assert browser.find_element(By.ID, "freeze").get_attribute("aria-pressed") == "true"
    browser.find_element(By.ID, "stop").click()
    assert text(browser, "status") == "The camera is off."
    assert not browser.find_element(By.ID, "still").get_attribute("hidden")
    severe = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert not severe


@pytest.mark.parametrize(("query", "way", "count"), [("", "WebRTC", MANY), ("&transport=websocket", "WebSocket", FEW)])
def test_a_camera_moves_the_photo_until_many_frames_have_come(chromium, serving, query, way, count):
    with serving() as server:
        walk(chromium, server, count, query, way)


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_the_page_fits_and_keeps_nobody_out(chromium, serving, width):
    axe = pytest.importorskip("axe_core_python.selenium", reason="accessibility is tested with axe: not installed")
    with serving() as server:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        try:
            chromium.get(f"{server.url}live")
            wait(chromium, lambda: len(chromium.find_elements(By.CSS_SELECTOR, "#avatar option")) >= 2)
            wait(chromium, lambda: chromium.execute_script("return document.querySelector('#still').naturalWidth > 0"))
            assert chromium.execute_script("return document.documentElement.scrollWidth <= innerWidth")
            assert "live." not in chromium.find_element(By.TAG_NAME, "body").text, "a key without its text"
            found = axe.Axe().run(chromium)["violations"]
            assert not [(rule["impact"], rule["id"], rule["nodes"][0]["html"]) for rule in found]
        finally:
            chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
