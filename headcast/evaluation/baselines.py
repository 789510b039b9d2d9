"""One shot and a model in, what each rival makes of the same landmarks out: photo unmoved, warped shot alone, ours."""

from typing import Final

from headcast.networks.model import Model
from headcast.reenact.driver import Driver, avatar_of
from headcast.reenact.sitter import Sitter
from headcast.types import Box, Image, Landmarks, Shot

PHOTO: Final = "photo unmoved"
WARP: Final = "warped shot alone"
OURS: Final = "ours"
RIVALS: Final = (PHOTO, WARP, OURS)


class Rivals:
    """Everyone who makes a frame from one shot; ours reads the very warp that stands beside it.

    Self-reenactment: the landmarks are the person's own, so nothing is retargeted. `name` says what ours runs on.
    """

    def __init__(self, shot: Shot, model: Model, *, precision: str = "auto") -> None:
        height, width = shot.image.shape[:2]
        sitter = Sitter(shot.image, Box(0.0, 0.0, width, height), shot, pinned=(False,) * 4)
        self._shot = shot
        self._driver = Driver(sitter, avatar_of(model, [shot]), paste_back=False, precision=precision)
        self.name = self._driver.runtime_name

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for landmarks (478, 3) in pixels of the shot."""
        warped = self._driver.condition(landmarks)
        ours = self._driver.finish(self._driver.generate(warped), warped)
        return {PHOTO: self._shot.image, WARP: warped.conditioning.warped, OURS: ours}
