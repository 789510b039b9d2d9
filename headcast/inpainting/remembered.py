"""A picture and what is hidden of it in, the picture filled out, at once where the same was asked for lately.

Sessions of one photo, a person's rivals in an evaluation and stills between sliders ask for the same again and again.
"""

import threading
from collections import OrderedDict
from hashlib import sha256
from typing import Final

import numpy as np

from headcast.inpainting.fill import fill_hidden
from headcast.types import Image, Mask

MAX_BYTES: Final = 32 << 20  # of pictures that are remembered, those that were asked for last

_pictures: "OrderedDict[bytes, Image]" = OrderedDict()
_guard: Final = threading.Lock()


def filled(image: Image, hidden: Mask) -> Image:
    """Return what `fill_hidden` makes of an image (H, W, 3) and what is hidden of it (H, W; 0 or 1)."""
    key = sha256(repr(image.shape).encode() + image.tobytes() + np.packbits(hidden > 0.5).tobytes()).digest()
    with _guard:
        picture = _pictures.get(key)
        if picture is not None:
            _pictures.move_to_end(key)
            return np.array(picture)
    picture = fill_hidden(image, hidden)
    if picture.nbytes <= MAX_BYTES:
        with _guard:
            _pictures[key] = np.array(picture)
            while sum(each.nbytes for each in _pictures.values()) > MAX_BYTES:
                _pictures.popitem(last=False)
    return picture
