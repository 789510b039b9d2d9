"""The values that travel between the stages: shapes, data types and ranges, defined once.

All of them are numpy and plain Python; tensors exist only inside networks/ and training/.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3) RGB, 0..255."""

Mask = NDArray[np.float32]
"""(H, W), 0..1."""

Landmarks = NDArray[np.float32]
"""(478, 3) MediaPipe Face Mesh points with irises: x right, y down, z away from the camera,
all in pixels of the stated image; pixel centres lie at whole numbers."""

NUM_LANDMARKS: Final = 478

DRAWING_STYLE: Final = 1
"""Version of the landmark image (warping/draw.py): raised whenever the drawing changes, since a network reads only the
drawing that it learned; checkpoints and avatars carry it."""

CONDITIONING_MAPS: Final = (
    "validity",  # 1 where the warped shot can be trusted, 0 where it shows nothing or a guess
    "mouth_inside",  # inside of the driving inner lips
    "eyes_inside",  # inside of the driving lids
    "opening_change",  # 0.5 + driving minus source opening of mouth and eyes, in eye distances
    "skull_x",  # coordinates fixed to the driving skull, 0..1
    "skull_y",
    "matte",  # the person's matte, warped like the shot
)
VALIDITY_MAP: Final = CONDITIONING_MAPS.index("validity")
MATTE_MAP: Final = CONDITIONING_MAPS.index("matte")


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `left`, `top` may lie outside the image."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Frame:
    """One image of a video and its time in seconds from the start of the video."""

    image: Image
    time: Fraction


@dataclass(frozen=True)
class Shot:
    """One square picture of the person to animate, with landmarks in its own pixels and the person's matte.

    `full` (side, side, 3) is the same square at the photo's own size, where that is larger and kept with the shot;
    `detail` how many pixels across the face it really shows, where that was measured: fewer where it is blurred.
    """

    image: Image
    landmarks: Landmarks
    matte: Mask
    full: Image | None = None
    detail: float | None = None

    @property
    def at_full_size(self) -> Image:
        """The square as large as it is known."""
        return self.image if self.full is None else self.full


@dataclass(frozen=True)
class Conditioning:
    """What the generator reads for one frame, all of the same square size.

    `landmark_image` is the paper's y; `warped` is the warped shot; `maps` is (H, W, 7) float32 in [0, 1]
    in the order of CONDITIONING_MAPS.
    """

    landmark_image: Image
    warped: Image
    maps: NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """A timed sequence of landmarks (N, 478, 3) in pixels of an image of `image_size` (width, height).

    `times` are seconds, increasing; `found` (N,) is False where the face was not seen and the landmarks are filled in.

    >>> motion = headcast.builtin_motion("nod", seconds=1)
    >>> backwards = headcast.Motion(motion.landmarks[::-1], motion.times, motion.image_size, motion.found)
    >>> len(backwards), backwards.times[1]
    (30, Fraction(1, 30))
    """

    landmarks: NDArray[np.float32]
    times: tuple[Fraction, ...]
    image_size: tuple[int, int]
    found: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.times)
