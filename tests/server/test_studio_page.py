"""The studio in a real browser: Chromium without a window walks each flow as a person would."""

import re
import shutil
import time
import urllib.request
from contextlib import ExitStack

import cv2
import numpy as np
import pytest

from headcast.errors import HeadcastError
from headcast.media.images import read_image, write_image
from headcast.media.portraits import PORTRAITS
from headcast.provenance.verify import read_marks
from headcast.server.gallery import Person, source_of
from headcast.server.settings import ServerSettings

webdriver = pytest.importorskip("selenium.webdriver", reason="the studio is tested with selenium: not installed")
axe = pytest.importorskip("axe_core_python.selenium", reason="accessibility is tested with axe: not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

SECONDS = 60
PIXELS = """
const c = document.createElement("canvas"); c.width = c.height = 64;
c.getContext("2d").drawImage(arguments[0], 0, 0, 64, 64); return c.toDataURL()
"""


@pytest.fixture(scope="module")
def chromium():
    """A browser that keeps nothing, with a camera that shows a test picture; skipped where there is none."""
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
def studio(serving):
    """A server that can be stopped and started again at its port."""
    with ExitStack() as stack:
        yield Studio(stack, serving)


class Studio:
    def __init__(self, stack, serving):
        self._stack, self._serving = stack, serving
        self.server = stack.enter_context(serving())
        self.port, self.url = self.server.port, self.server.url

    @property
    def workplace(self):
        return self.server.app.state.workplace

    def stop(self):
        self.server.stop(20)

    def start(self):
        self.server = self._stack.enter_context(self._serving(ServerSettings(port=self.port)))


@pytest.fixture
def page(chromium, studio):
    """The studio, opened by somebody new; nothing severe may stand in the browser's log in the end."""
    chromium.get(f"{studio.url}static/icon.svg")
    chromium.execute_script("localStorage.clear(); sessionStorage.clear()")
    page = Page(chromium, studio)
    page.size(1280, 900)
    page.open()
    chromium.get_log("browser")
    yield page
    severe = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [line for line in severe if not any(word in line for word in page.expected)] == []


class Page:
    """What a person sees and does."""

    def __init__(self, browser, studio):
        self.browser, self.studio = browser, studio
        self.expected = ["favicon"]

    def open(self):
        self.browser.get(self.studio.url)
        self.wait(lambda: self.browser.execute_script("return document.documentElement.dataset.ready"))

    def wait(self, condition, seconds=SECONDS):
        end = time.monotonic() + seconds
        while True:
            try:
                if found := condition():
                    return found
            except Exception:  # of what is not there yet, or was drawn anew
                if time.monotonic() > end:
                    raise
            assert time.monotonic() < end, self.element("body").text
            time.sleep(0.05)

    def all(self, selector):
        return [one for one in self.browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()]

    def element(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def button(self, text, within="body"):
        return self.wait(lambda: next(one for one in self.all(f"{within} button, {within} a") if one.text == text))

    def click(self, text, within="body"):
        self.press(self.button(text, within))

    def press(self, element):
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def give(self, selector, *paths):
        self.element(f"{selector} input[type=file]").send_keys("\n".join(map(str, paths)))

    def size(self, width, height, scheme="light"):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)

    def serious(self):
        """What axe finds that keeps people out, as `impact: rule: element`."""
        found = axe.Axe().run(self.browser)["violations"]
        return [
            f"{one['impact']}: {one['id']}: {node['html'][:120]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def tab(self, name):
        self.element(f"#tab-{name}").click()


def test_from_photo_to_download(page, short_motion, astronaut_path, tmp_path):
    page.give("#people", astronaut_path)
    page.wait(lambda: page.element("#people input:checked + .picture + .name").text == "astronaut")
    assert page.wait(lambda: page.all("#face polyline")) and page.all("#face rect.crop")
    page.give("#drivers", short_motion)
    page.wait(lambda: "short.motion" in page.element("#go-hint").text)
    assert page.serious() == []
    page.click("Animate", "#animate")
    video = page.wait(lambda: page.all(".views video"))[0]
    page.wait(lambda: page.browser.execute_script("return arguments[0].videoWidth", video) == 512)
    assert page.element(".job h4").text == "astronaut, short.motion"
    assert page.serious() == []
    link = page.button("Download").get_attribute("href")
    path = tmp_path / "downloaded.mp4"
    with urllib.request.urlopen(link, timeout=10) as answer:
        path.write_bytes(answer.read())
    page.press(page.element(".verify summary"))
    assert read_marks(path).created in page.element(".verify").text
    page.click("Delete")
    page.wait(lambda: not page.all(".job"))
    page.press(page.element(".corner"))
    page.wait(lambda: page.element("#people input:checked + .picture + .name").text == "Eileen Collins")


def test_a_photo_without_a_face_is_placed_by_hand(page, tmp_path):
    drawing = np.full((420, 400, 3), 230, np.uint8)
    cv2.ellipse(drawing, (200, 200), (80, 110), 0, 0, 360, (90, 60, 40), 3)
    write_image(tmp_path / "drawing.png", drawing, {})
    page.expected.append("422")
    page.give("#people", tmp_path / "drawing.png")
    page.wait(lambda: page.all("#face .handle"))
    assert "No face was found by itself" in page.element("#face .asking").text
    assert page.serious() == []
    nose = page.element("#face [aria-label='nose tip']")
    before = float(nose.get_attribute("cx"))
    nose.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert float(nose.get_attribute("cx")) > before + 1
    page.click("Use these points")
    page.wait(lambda: page.element("#people input:checked + .picture + .name").text == "drawing")
    page.wait(lambda: page.all("#face img"))


def test_a_job_outlives_a_reload_and_can_be_cancelled(page):
    page.click("Eileen Collins talks")
    page.wait(lambda: re.search(r"\d+ of 300 frames", page.element(".job").text))
    page.open()
    page.wait(lambda: re.search(r"\d+ of 300 frames, about .* left", page.element(".job").text))
    folder = page.studio.workplace.folder / "jobs"
    assert len(list(folder.iterdir())) == 1
    page.click("Cancel", ".job")
    page.wait(lambda: "Cancelled" in page.element(".job").text)
    page.wait(lambda: not list(folder.iterdir()))
    page.click("Delete", ".job")


def test_a_slider_moves_the_picture(page):
    page.tab("edit")
    shown = page.element(".edited img")
    frames = lambda: int(shown.get_attribute("data-frames") or 0)  # noqa: E731
    page.wait(frames)
    before, count = page.browser.execute_script(PIXELS, shown), frames()
    turn = page.element("[name=turn]")
    turn.send_keys(*[Keys.ARROW_RIGHT] * 12)
    page.wait(lambda: frames() > count and turn.get_attribute("aria-valuetext") == "7°")
    page.wait(lambda: page.browser.execute_script(PIXELS, shown) != before)
    assert page.serious() == []
    page.click("Reset", "#edit")
    page.wait(lambda: page.browser.execute_script(PIXELS, shown) == before)


def test_a_restarted_server_is_said_kindly_and_the_page_goes_on(page):
    page.studio.stop()
    page.expected += ["ERR_CONNECTION", "WebSocket"]
    page.wait(lambda: "does not answer" in page.element("#notice").text)
    page.studio.start()
    page.wait(lambda: "was restarted" in page.element("#notice").text)
    page.click("Dismiss")
    assert page.all("#people .tile") and not page.all("#notice")


def test_an_avatar_with_before_and_after(page, astronaut_path, tmp_path, monkeypatch):
    """Photos, coach, tuning and the comparison; what tunes is a stand-in that takes no minute."""
    mirrored, stranger = tmp_path / "mirrored.png", tmp_path / "stranger.png"
    write_image(mirrored, np.ascontiguousarray(read_image(astronaut_path)[:, ::-1]), {})
    write_image(stranger, read_image(PORTRAITS["hopper"]), {})
    monkeypatch.setattr("headcast.server.avatar_routes.tune_work", stand_in_for_tuning)
    page.tab("avatar")
    page.give("#avatar", astronaut_path, mirrored, stranger)
    page.wait(lambda: len(page.all(".photo")) == 3)
    verdicts = [one.text for one in page.all(".verdict")]
    assert verdicts[0] == "Helps" and verdicts[2] == "Leave out"
    assert "Likeness" in page.all(".photo")[0].text and "Would help" in page.element("#avatar").text
    assert page.serious() == []
    page.press(page.all(".photo .corner")[2])
    page.wait(lambda: len(page.all(".photo")) == 2)
    page.all("#avatar input[type=text]")[0].send_keys("Eileen")
    page.click("Tune")
    slider = page.wait(lambda: page.all(".compare input"))[0]
    images = page.all(".compare img")
    page.wait(lambda: all(page.browser.execute_script("return arguments[0].naturalWidth", one) for one in images))
    slider.send_keys(Keys.HOME)
    assert page.element(".compare").get_attribute("style") == "--share: 0%;"
    assert "Eileen is tuned from 2 photos" in page.element("#avatar").text
    page.click("Animate it")
    assert page.element("#people input:checked + .picture + .name").text == "Eileen"


def stand_in_for_tuning(gallery, uploads, asked):
    def work(folder, tell):
        tell(50, 100)
        if len(uploads) != 2:
            raise HeadcastError("expected two photos")
        source = source_of([upload.path for upload in uploads], 1.0, None)
        person = gallery.add(Person(asked.name, "avatar", source=source, file=uploads[0].path))
        facts = {"num_shots": 2, "num_steps": 1, "seconds": 1.0, "reason": "a stand-in", "dropped": []}
        return {"avatar": person.id, "name": person.name, **facts}

    return work


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_nothing_hangs_over_at_any_width(page, width):
    page.size(width, 800, "dark")
    for name in ("animate", "edit", "avatar"):
        page.tab(name)
        needed = page.browser.execute_script("return document.documentElement.scrollWidth")
        assert needed <= width, name
        tabs = [one.rect for one in page.all("[role=tab], .tab-link")]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in tabs)
        assert all(box["height"] >= 32 for box in tabs)
    page.tab("animate")
    if width == 360:
        assert page.serious() == []  # narrow, dark


def test_keys_alone_reach_the_tabs(page):
    page.element("#tab-animate").click()
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert page.browser.switch_to.active_element.get_attribute("id") == "tab-edit"
    assert page.all("#edit") and not page.all("#animate")
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert page.all("#animate")


def test_the_documentation_of_the_api(page):
    page.browser.get(f"{page.studio.url}docs")
    page.wait(lambda: page.browser.execute_script("return document.documentElement.dataset.ready"))
    assert "/api/sessions" in page.element("#routes").text and page.serious() == []
