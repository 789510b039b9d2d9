"""Pictures in, a camera that other programs can choose out: OBS's on Windows and macOS, v4l2loopback's on Linux."""

from typing import Any

import cv2
import numpy as np

from headcast.errors import MediaError, needs_package
from headcast.types import Image


class VirtualCamera:
    """A sink; the camera appears with the first picture, whose size it keeps."""

    def __init__(self, rate: float = 30.0) -> None:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise needs_package("--virtual-camera", "pyvirtualcam", error) from error
        self._module, self._rate = pyvirtualcam, rate
        self._camera: Any = None

    def show(self, picture: Image) -> None:
        """Send a picture; MediaError where the system has no virtual camera."""
        if self._camera is None:
            height, width = (side - side % 2 for side in picture.shape[:2])
            try:
                self._camera = self._module.Camera(width, height, self._rate)
            except RuntimeError as error:
                first = str(error).strip().splitlines()[0]
                raise MediaError(f"no virtual camera here ({first}); see docs/live.md on how to make one") from error
        size = (self._camera.width, self._camera.height)
        if picture.shape[1::-1] != size:
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        self._camera.send(np.ascontiguousarray(picture))

    def close(self) -> None:
        """Take the camera away."""
        if self._camera is not None:
            self._camera.close()
