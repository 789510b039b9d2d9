"""A small picture and what is missing of it in, the picture filled with copied pieces out, by a process of its own.

OpenCV's shift map (He and Sun, "Statistics of patch offsets for image completion", ECCV 2012) reads beyond its memory
where a picture holds too little to choose from; that must not end a whole program.
"""

import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from headcast.types import Image

MAX_SECONDS = 30.0  # a picture of 128 pixels takes one
PROGRAM = """
import sys
import cv2
import numpy as np
height, width = int(sys.argv[1]), int(sys.argv[2])
lab, known = np.split(np.frombuffer(sys.stdin.buffer.read(), np.uint8), [height * width * 3])
filled = np.zeros((height, width, 3), np.uint8)
cv2.xphoto.inpaint(lab.reshape(filled.shape), known.reshape(height, width), filled, cv2.xphoto.INPAINT_SHIFTMAP)
sys.stdout.buffer.write(filled.tobytes())
"""


def shift_map(lab: Image, missing: NDArray[np.bool_]) -> Image | None:
    """Return a picture (H, W, 3) in CIE Lab with what is `missing` (H, W) filled; None where that cannot be done."""
    height, width = missing.shape
    known = np.where(missing, 0, 255).astype(np.uint8)
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-c", PROGRAM, str(height), str(width)],
            input=lab.tobytes() + known.tobytes(),
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    if ended.returncode != 0 or len(ended.stdout) != lab.size:
        return None
    return np.frombuffer(ended.stdout, np.uint8).reshape(lab.shape)
