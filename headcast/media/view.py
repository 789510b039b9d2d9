"""A decoded video frame in, the RGB image a viewer should see out: upright, square pixels, right colours."""

from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from headcast.media.planes import BT601, BT709, Picture, planes_of, views
from headcast.types import Image

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_UPRIGHT = (1, 0, 0, 1)
# Both flags together: without them swscale's shortcut darkens every picture by one to two levels of 255.
# By FFmpeg's numbers, SWS_FULL_CHR_H_INT and SWS_ACCURATE_RND: PyAV 17, the last for Python 3.10, does not name them.
_INTERPOLATION = int(Interpolation.BILINEAR) | 0x2000 | 0x40000


@dataclass(frozen=True)
class View:
    """How the stored pictures of a video are shown.

    `width`, `height` are those of square pixels before turning. With `signs` (a, b, c, d) of the display matrix a
    stored point (x, y) is shown at (a x + c y, b x + d y), up to a shift.
    """

    width: int
    height: int
    signs: tuple[int, int, int, int]
    reformatter: VideoReformatter = field(default_factory=VideoReformatter, compare=False)  # sets itself up once

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) as shown."""
        turned = self.signs[0] == 0
        return (self.height, self.width) if turned else (self.width, self.height)

    def show(self, frame: VideoFrame) -> Image:
        """The frame as (H, W, 3) RGB, upright.

        Untagged video counts as BT.709 from 720 lines up and as BT.601 below, as players have it.
        """
        guess = Colorspace.ITU709 if _is_large(frame) else Colorspace.ITU601
        planar = self.reformatter.reformat(
            frame,
            width=self.width,
            height=self.height,
            format="gbrp",  # by planes swscale takes half the time of its way by pixels, for the same values
            interpolation=_INTERPOLATION,
            src_colorspace=guess if frame.colorspace == _UNSPECIFIED else None,
            dst_color_range=ColorRange.JPEG,
        )
        green, blue, red = views(planar)
        rgb = np.asarray(cv2.merge([red, green, blue]), np.uint8)
        a, b, c, d = self.signs
        upright = rgb if a else rgb.transpose(1, 0, 2)
        return np.ascontiguousarray(upright[:: b + d, :: a + c], dtype=np.uint8)

    def picture(self, frame: VideoFrame) -> Picture:
        """The frame as its decoder left it, for who reads parts of it; as RGB where it is not stored as it is shown."""
        is_shown_so = self.signs == _UPRIGHT and self.width == frame.width and self.height == frame.height
        planes = planes_of(frame, BT709 if _is_large(frame) else BT601, lambda: self.show(frame))
        return planes if is_shown_so and planes is not None else self.show(frame)


def _is_large(frame: VideoFrame) -> bool:
    return min(frame.width, frame.height) >= 720


def view_of(frame: VideoFrame, pixel_aspect: Fraction | None) -> View:
    """The view that a video's first frame and its pixels' width / height ask for."""
    width = frame.width
    if pixel_aspect is not None and Fraction(1, 4) <= pixel_aspect <= 4:  # DVD, HDV; beyond is nonsense
        width = max(1, round(width * pixel_aspect))
    return View(width, frame.height, _display_signs(frame))


def _display_signs(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Signs of the display matrix. Cameras turn by quarters and mirror: anything else counts as upright."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if isinstance(data, SideData):
        matrix = np.frombuffer(bytes(data), dtype=np.int32)  # rows (a, b, u), (c, d, v), (x, y, w)
        a, b, c, d = (int(sign) for sign in np.sign(matrix[[0, 1, 3, 4]]))
        if (a and d and not b and not c) or (b and c and not a and not d):
            return a, b, c, d
    return _UPRIGHT
