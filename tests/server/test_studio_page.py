"""The studio in a real browser: Chromium without a window walks each flow as a person would."""

import re
import sys
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from headcast.media.images import write_image
from headcast.provenance.verify import read_marks

sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip("selenium.webdriver", reason="the studio is tested with selenium: not installed")
from selenium.webdriver.common.keys import Keys
from studio_page import PIXELS


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
