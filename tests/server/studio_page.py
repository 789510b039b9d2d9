"""What a person sees of the studio and does in it, in Chromium without a window."""

import time

import pytest

from headcast.server.settings import ServerSettings

axe = pytest.importorskip("axe_core_python.selenium", reason="accessibility is tested with axe: not installed")
from selenium.webdriver.common.by import By  # noqa: E402

SECONDS = 60
PIXELS = """
const c = document.createElement("canvas"); c.width = c.height = 64;
c.getContext("2d").drawImage(arguments[0], 0, 0, 64, 64); return c.toDataURL()
"""


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
