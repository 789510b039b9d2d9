"""Controls or a driver's landmarks in, one picture of the person doing so out: sliders, games and telepresence.

A `Session` reads a driver; this shows what it is told, picture after picture. With several shots, the one that is shown
stays while the face hardly moves (`geometry.nearest.Turns`), so a picture can differ a little by the ones before it.
"""

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.face_controls import Poser
from headcast.reenact.compose import cut_out
from headcast.reenact.options import SessionOptions
from headcast.reenact.session import make_driver
from headcast.reenact.source import Source
from headcast.types import Image, Landmarks


class Puppet:
    """Shows one person as told; one thread at a time uses it.

    puppet = Puppet(headcast.open_source("alice.png"))
    picture = puppet.show(puppet.pose(FaceControls(turn=10.0)))
    """

    def __init__(self, source: Source, options: SessionOptions | None = None) -> None:
        self._driver = make_driver(source, options or SessionOptions(policy="live"))
        self.pose = Poser(source.sitter.shot.landmarks)  # controls in, the person's landmarks out
        self.is_measured = False  # from some driver's landmarks

    def follow(self, driving: Landmarks, *, anew: bool = False) -> Landmarks:
        """Return the person's landmarks for a driver's, measured from the driver's first, or from these."""
        if anew or not self.is_measured:
            self._driver.measure_from([driving])
            self.is_measured = True
        return self._driver.retarget(driving)

    def show(self, landmarks: Landmarks) -> Image:
        """Return the picture of the person with these landmarks, which `pose` and `follow` return."""
        warped = self._driver.condition(landmarks)
        return self._driver.finish(self._driver.generate(warped), warped)

    def cut_out(self, landmarks: Landmarks) -> NDArray[np.uint8]:
        """Return the person alone, (H, W, 4) RGBA, in the square around the head at the model's size."""
        warped = self._driver.condition(landmarks)
        return cut_out(self._driver.generate(warped), warped)
