"""A frame in, the bytes that go to a client out: a head of 16 bytes, then a picture that says that it is synthetic."""

import io
import struct
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from headcast.media.xmp import to_xmp
from headcast.provenance.marks import Marks

JPEG, WEBP, RGBA = "jpeg", "webp", "rgba"
FORMATS: Final = (JPEG, WEBP, RGBA)

_HEAD: Final = struct.Struct("<4sIHHBBH")  # magic, sequence number, width, height, format, synthetic, zero
_MAGIC: Final = b"HCF1"
_JPEG_QUALITY: Final = 88
_WEBP_QUALITY: Final = 80
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


class FrameWriter:
    """Packs the frames of one session; `marks` go into each JPEG and WebP picture."""

    def __init__(self, kind: str, marks: Marks) -> None:
        self._kind, self._packet = kind, to_xmp(marks.to_metadata())

    def __call__(self, picture: NDArray[np.uint8], number: int) -> bytes:
        """Return the message for a frame, (H, W, 3) for JPEG and (H, W, 4) for WebP and raw RGBA."""
        height, width = picture.shape[:2]
        head = _HEAD.pack(_MAGIC, number, width, height, FORMATS.index(self._kind), 1, 0)
        return head + {JPEG: self._jpeg, WEBP: self._webp, RGBA: _raw}[self._kind](picture)

    def _jpeg(self, picture: NDArray[np.uint8]) -> bytes:
        encoded = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
        segment = _XMP + self._packet
        return b"".join((encoded[:2], b"\xff\xe1", struct.pack(">H", len(segment) + 2), segment, encoded[2:]))

    def _webp(self, picture: NDArray[np.uint8]) -> bytes:
        file = io.BytesIO()
        Pillow.fromarray(picture).save(file, "WEBP", quality=_WEBP_QUALITY, method=0, xmp=self._packet)
        return file.getvalue()


def _raw(picture: NDArray[np.uint8]) -> bytes:
    return picture.tobytes()
