"""A camera's pictures in, one after another; pictures of the moving photo out, labelled: what is live everywhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from headcast.live.calibration import Calibration
from headcast.live.overlay import draw_hud, draw_label
from headcast.live.pace import Pace
from headcast.live.timecode import draw_code, read_code
from headcast.reenact.driver import Stages
from headcast.reenact.options import SessionOptions
from headcast.reenact.session import Session
from headcast.reenact.source import Source
from headcast.tracking.track import FaceTracker, Tracker
from headcast.types import Image, Landmarks


@dataclass
class LiveControls:
    """What the user may change at any time, from any thread."""

    mirror: bool = True  # as one sees oneself
    freeze: bool = False  # show the last picture on and on
    hud: bool = False  # delay and frames a second
    calibrate: bool = False  # look for a calm, frontal face anew; becomes False when that has begun


class Performance:
    """Animates one source by one camera; one thread at a time gives it pictures.

    `max_side` is of the pictures that come out; `label` is the word in their corner, empty for none.
    """

    def __init__(
        self,
        source: Source,
        options: SessionOptions | None = None,
        *,
        label: str = "synthetic",
        max_side: int | None = None,
        controls: LiveControls | None = None,
        tracker: Tracker | None = None,
        stages: Stages | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watched = _Watched(tracker or FaceTracker())
        self._captured = 0.0
        options = replace(options or SessionOptions(), policy="live")
        # Frames wait nowhere before they come here, so none is late: the session's clock stands where the camera's was.
        self._session = Session(source, options, tracker=self._watched, stages=stages, clock=lambda: self._captured)
        self._calibration = Calibration()
        self._label, self._max_side, self._clock = label, max_side, clock
        self._shown: Image = source.sitter.photo if options.paste_back else source.sitter.shot.image
        self._has_face = False
        self.pace = Pace()
        self.controls = controls or LiveControls()

    @property
    def runtime_name(self) -> str:
        """What the generator runs on, for people."""
        return self._session.runtime_name

    @property
    def is_calibrated(self) -> bool:
        """Whether a calm, frontal face was seen."""
        return self._calibration.is_done

    def __call__(self, image: Image, captured: float) -> Image:
        """Return the picture for a camera's, which was there at `captured` seconds; times increase.

        Until a face is seen it is the photo itself.
        """
        code = read_code(image)
        if not self.controls.freeze:
            self._follow(image, captured)
        picture = _at_most(self._shown, self._max_side)
        if self._label:
            picture = draw_label(picture, self._label)
        self.pace.add(captured, self._clock())
        if self.controls.hud:
            picture = draw_hud(picture, self._hud_text())
        if code is not None:
            picture = picture.copy()
            draw_code(picture, code)
        return picture

    def close(self) -> None:
        """Release the tracker."""
        self._session.close()
        self._watched.close()

    def _follow(self, image: Image, captured: float) -> None:
        if self.controls.mirror:
            image = np.ascontiguousarray(image[:, ::-1])
        if self.controls.calibrate:
            self._calibration, self.controls.calibrate = Calibration(), False
        self._captured = max(captured, self._captured + 1e-4)
        frame = self._session.push(image)
        calm = self._calibration.look(self._watched.seen, captured)
        if calm is not None:
            self._session.measure_from(calm)
        if frame is not None:
            self._shown, self._has_face = frame.image, True

    def _hud_text(self) -> str:
        state = "" if self.is_calibrated else "look straight ahead" if self._has_face else "no face yet"
        parts = (f"delay {self.pace.delay():.0f} ms", f"{self.pace.rate:.0f} fps", state)
        return "   ".join(part for part in parts if part)


class _Watched:
    """A tracker that lets others see what it found last."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.seen: Landmarks | None = None

    def track(self, image: Image) -> Landmarks | None:
        self.seen = self._tracker.track(image)
        return self.seen

    def close(self) -> None:
        self._tracker.close()


def _at_most(picture: Image, side: int | None) -> Image:
    longer = max(picture.shape[:2])
    if side is None or longer <= side:
        return picture
    size = [max(2, round(length * side / longer)) for length in (picture.shape[1], picture.shape[0])]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
