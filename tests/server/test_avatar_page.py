"""An avatar of eight photos in the studio, in Chromium, from the photo coach to the file."""

import itertools
import re
import sys
import urllib.request
from pathlib import Path

import pytest

from headcast.geometry.face_controls import FaceControls
from headcast.media.images import write_image
from headcast.media.portraits import PORTRAITS
from headcast.reenact.puppet import Puppet
from headcast.reenact.source import open_source

sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip("selenium.webdriver", reason="the studio is tested with selenium: not installed")
from selenium.webdriver.common.keys import Keys
from studio_page import PIXELS, SECONDS

from headcast.server.tuning import tune_work


@pytest.fixture
def eight_photos(tmp_path):
    """The built-in photo as its model draws it from eight sides, in files."""
    puppet = Puppet(open_source(PORTRAITS["astronaut"]))
    for number, (turn, nod, mouth, smile) in enumerate(itertools.product((-14, 14), (-7, 7), (0, 0.5), (0.4,))):
        picture = puppet.show(puppet.pose(FaceControls(turn=turn, nod=nod, mouth=mouth, smile=smile)))
        write_image(tmp_path / f"eileen{number}.png", picture, {})
    return sorted(tmp_path.glob("eileen*.png"))


def test_an_avatar_from_eight_photos_with_before_and_after(page, eight_photos, monkeypatch):
    """Photos, coach, a stranger's photo left out, a few steps of real tuning, the comparison, and the file."""
    asked_for = []

    def few_steps(gallery, uploads, asked):
        asked_for.append([upload.name for upload in uploads])
        return tune_work(gallery, uploads, asked.model_copy(update={"steps": 3}))

    monkeypatch.setattr("headcast.server.avatar_routes.tune_work", few_steps)
    page.tab("avatar")
    page.give("#avatar", *eight_photos)
    page.wait(lambda: len(page.all(".photo")) == 8)
    page.give("#avatar", PORTRAITS["hopper"])
    page.wait(lambda: len(page.all(".photo")) == 9)
    photos = [one.text for one in page.all(".photo")]
    likeness = [int(re.search(r"Likeness (-?\d+)", text)[1]) for text in photos]
    assert "Leave out" in photos[8] and not any("Leave out" in text for text in photos[:8])
    assert min(likeness[:8]) > 60 > likeness[8] + 20
    assert "Would help" in page.element("#avatar").text
    assert page.serious() == []
    page.press(page.all(".photo .corner")[8])
    page.wait(lambda: len(page.all(".photo")) == 8)
    name, consent = page.all("#avatar input[type=text]")
    name.send_keys("Eileen")
    consent.send_keys("public domain")
    page.click("Tune")
    page.wait(lambda: page.all("#avatar progress"))
    page.open()  # half-way: photos and job are still there
    page.tab("avatar")
    page.wait(lambda: len(page.all(".photo")) == 8)
    slider = page.wait(lambda: page.all(".compare input"), 4 * SECONDS)[0]
    images = page.all(".compare img")
    page.wait(lambda: all(page.browser.execute_script("return arguments[0].naturalWidth", one) for one in images))
    assert asked_for == [[path.name for path in eight_photos]]
    assert page.browser.execute_script(PIXELS, images[0]) != page.browser.execute_script(PIXELS, images[1])
    for key, share in ((Keys.HOME, 0), (Keys.END, 100)):
        slider.send_keys(key)
        assert page.element(".compare").get_attribute("style") == f"--share: {share}%;"
    assert "Eileen is tuned from" in page.element("#avatar").text and page.serious() == []
    link = page.button("Download .avatar", "#avatar").get_attribute("href")
    with urllib.request.urlopen(link, timeout=10) as answer:
        path = eight_photos[0].with_name("downloaded.avatar")
        path.write_bytes(answer.read())
    assert open_source(path).consent == "public domain"
    page.click("Animate it")
    assert page.element("#people input:checked + .picture + .name").text == "Eileen"
