"""One shot and a model in, what each rival makes of the same landmarks out: photo unmoved, warped shot alone, ours."""

from typing import Final

from headcast.face.draw import draw_landmark_image
from headcast.face.warp import Warper
from headcast.networks.avatar import make_avatar
from headcast.networks.model import Model
from headcast.reenact.runtime import make_runtime
from headcast.types import Image, Landmarks, Shot

PHOTO: Final = "photo unmoved"
WARP: Final = "warped shot alone"
OURS: Final = "ours"
RIVALS: Final = (PHOTO, WARP, OURS)


class Rivals:
    """Everyone who makes a frame from one shot; ours reads the very warp that stands beside it.

    Self-reenactment: the landmarks are the person's own, so nothing is retargeted. `name` says what ours runs on.
    """

    def __init__(self, shot: Shot, model: Model, *, precision: str = "auto") -> None:
        self._shot = shot
        self._warper = Warper(shot)
        avatar = make_avatar(model, [shot], [draw_landmark_image(shot.landmarks, shot.image.shape[0])])
        self._runtime = make_runtime(avatar, precision=precision)
        self.name = self._runtime.name

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for landmarks (478, 3) in pixels of the shot."""
        conditioning = self._warper(landmarks).conditioning
        ours = self._runtime(conditioning).image
        return {PHOTO: self._shot.image, WARP: conditioning.warped, OURS: ours}
