"""The page in a real browser: Chromium without a window, driven by keys, clicks and taps."""

import shutil

import pytest

from headcast.server.study import open_server
from headcast.study.answers import asked_of, read_answers
from headcast.study.report import report_study

webdriver = pytest.importorskip("selenium.webdriver", reason="the study's page is tested with selenium: not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402


@pytest.fixture(scope="module")
def chromium():
    """A browser that keeps nothing; skipped where there is none."""
    program, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("the study's page is tested in Chromium: no chromium and chromedriver here (make browser)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,800"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture
def page(chromium, server):
    """The study's page, opened by somebody new."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.get(server.url)
    chromium.execute_script("localStorage.clear()")
    return Page(chromium, server)


class Page:
    """What a participant sees and does."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.reload()

    def reload(self):
        self.browser.get(self.server.url)

    def wait(self, condition):
        return WebDriverWait(self.browser, 10, poll_frequency=0.02).until(lambda _: condition())

    def element(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def seen(self, section):
        return self.wait(lambda: self.element(f"#{section}").is_displayed())

    def start(self):
        self.seen("welcome")
        self.element("#start").click()
        self.question(1)

    def question(self, number):
        """Wait for a question with its pictures; returns the names of the three that are shown."""
        self.wait(lambda: self.element("#count").text.startswith(f"Question {number} of 4"))
        self.wait(lambda: self.element("#pictures").get_attribute("aria-busy") == "false")
        images = self.browser.find_elements(By.CSS_SELECTOR, "#pictures img")
        assert all(self.browser.execute_script("return arguments[0].naturalWidth", image) == 256 for image in images)
        return [image.get_attribute("src").rpartition("/")[2].removesuffix(".png") for image in images]

    def press(self, *keys):
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)

    def complaints(self):
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_whole_run_with_a_reload_half_way(page):
    page.start()
    study = page.server.study
    participant = page.browser.execute_script("return localStorage.getItem('headcast-study-participant')")
    asked = asked_of(study, participant)
    right = [question.pictures.index(question.generated) for question in asked]

    assert page.question(1) == list(asked[0].pictures)
    page.press(str(right[0] + 1))

    page.question(2)
    page.press(*[Keys.ARROW_RIGHT] * (right[1] + 1), Keys.ENTER)

    before = page.question(3)
    page.reload()
    assert page.question(3) == before == list(asked[2].pictures)
    assert page.element("#progress").get_property("value") == 2
    page.browser.find_elements(By.CSS_SELECTOR, "#pictures button")[right[2]].click()

    page.question(4)
    wrong = (right[3] + 1) % 3
    page.press(*[Keys.ARROW_LEFT] * (3 - wrong), Keys.ENTER)
    page.seen("thanks")

    chosen = [(answer.participant, answer.triplet, answer.picture) for answer in read_answers(study)]
    expected = [question.generated for question in asked[:3]] + [asked[3].pictures[wrong]]
    names = [question.name for question in asked]
    assert chosen == [(participant, name, picture) for name, picture in zip(names, expected, strict=True)]
    report = report_study(study.folder)
    assert (report.overall.num_found, report.overall.num_answers, report.num_complete) == (3, 4, 1)

    page.reload()
    page.seen("thanks")
    page.element("#again").click()
    page.start()
    assert page.server.answers.num_participants == 2
    assert not page.complaints()


def test_two_quick_taps_answer_once(page):
    page.start()
    tap_twice = "const b = document.querySelector('#pictures button'); b.click(); b.click(); b.click();"
    page.browser.execute_script(tap_twice)
    page.question(2)
    assert page.server.answers.num_answers == 1
    assert not page.complaints()


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (740, 360), (1024, 768), (2560, 1440)])
def test_all_three_are_seen_at_once_and_are_equal_and_large_enough_to_tap(page, width, height):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.start()
    boxes = [button.rect for button in page.browser.find_elements(By.CSS_SELECTOR, "#pictures button")]
    sides = {round(box[side]) for box in boxes for side in ("width", "height")}
    assert len(sides) == 1 and 130 <= sides.pop() <= 384
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    shown, needed = page.browser.execute_script("return [innerHeight, document.documentElement.scrollHeight]")
    assert needed <= shown == height
    assert [button.text for button in page.browser.find_elements(By.CSS_SELECTOR, "#pictures button")] == [
        "1",
        "2",
        "3",
    ]


def test_labels_for_those_who_do_not_see_the_page(page):
    page.start()
    images = page.browser.find_elements(By.CSS_SELECTOR, "#pictures img")
    assert [image.get_attribute("alt") for image in images] == ["Picture 1", "Picture 2", "Picture 3"]
    assert page.browser.switch_to.active_element.text == "Which picture is synthetic?"
    assert page.element("#pictures").accessible_name == "Which picture is synthetic?"
    assert page.element("progress").accessible_name == "Question 1 of 4"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(page, scheme):
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    page.seen("welcome")
    colours = "const s = getComputedStyle(document.body), b = getComputedStyle(document.getElementById('start'));"
    text, ground, label, button = page.browser.execute_script(
        f"{colours} return [s.color, s.backgroundColor, b.color, b.backgroundColor]"
    )
    assert (luminance(ground) > 0.5) == (scheme == "light")
    assert contrast(text, ground) > 7 and contrast(label, button) > 4.5


def test_a_server_that_stops_and_comes_back(page, serving):
    page.start()
    before = page.question(1)
    page.server.stop(10)
    page.press("1")
    page.seen("trouble")
    assert "does not answer" in page.element("#reason").text
    with open_server(page.server.study.folder, page.server.port) as again, serving(again):
        page.element("#retry").click()
        assert page.question(1) == before
        page.press("1")
        page.question(2)


def luminance(colour):
    """The relative luminance of `rgb(r, g, b)` by WCAG 2."""
    levels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return sum(weight * level for weight, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first, second):
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)
