"""An output, the true frame and the shot in, by how many pixels the still background near the head has moved out.

Only where the true background really stands still from shot to target, where both show it, and where it has something
to see: of a plain wall nobody can say that it moved.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.regions import ring_mask
from headcast.types import Image, Mask, Shot

STILL_BELOW: Final = 0.5  # pixels that the true background may seem to move: the flow's own noise
PERSON_ABOVE: Final = 0.1  # of the matte: what belongs to the person even a little is left out
MARGIN: Final = 0.02  # of the side: and so much around it, where flow of person and background mix
TEXTURE: Final = 6.0  # levels of 255 a pixel: the least gradient with something to see
LEAST: Final = 0.002  # of the picture: of less background nothing is said
SAME_LEVELS: Final = 20  # of 255: noise, compression and changing light move a background by less
SAME_SHARE: Final = 0.9  # of the background that shot and target show: so much is the same where the camera stands
LEAST_SEEN: Final = 0.01  # of the picture

Flow = NDArray[np.float32]


def background_motion(output: Image, target: Shot, shot: Shot) -> float:
    """Return the mean length of the flow from the true frame to the output, in pixels, on still background near by.

    NaN where too little background is still and has texture, such as before a moving camera.
    """
    still = still_background(target, shot)
    if still.mean() < LEAST:
        return float("nan")
    return float(np.linalg.norm(flow(target.image, output)[still], axis=1).mean())


def still_background(target: Shot, shot: Shot) -> NDArray[np.bool_]:
    """Return where (H, W) textured background within half a head stands still, and both shot and target show it."""
    moved = np.linalg.norm(flow(target.image, shot.image), axis=2)
    near = np.maximum(*(ring_mask(each.landmarks, each.matte) for each in (target, shot))) > 0
    seen = ~(_person(target.matte) | _person(shot.matte))
    return np.asarray(near & seen & (moved < STILL_BELOW) & (_gradient(target.image) > TEXTURE))


def camera_stands(target: Shot, shot: Shot) -> bool:
    """Tell whether the background that both show is the same: no one picture tells what a moving camera will show."""
    seen = ~(_person(target.matte) | _person(shot.matte))
    if seen.mean() < LEAST_SEEN:
        return False
    first, second = (cv2.GaussianBlur(each.image, (0, 0), 1.0) for each in (target, shot))
    return bool((cv2.absdiff(first, second).max(-1)[seen] < SAME_LEVELS).mean() >= SAME_SHARE)


def flow(first: Image, second: Image) -> Flow:
    """Return where each pixel of the first picture has gone in the second, (H, W, 2) in pixels."""
    greys = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    start = np.zeros((*greys[0].shape, 2), np.float32)
    estimate = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(estimate.calc(greys[0], greys[1], start), np.float32)


def _person(matte: Mask) -> NDArray[np.bool_]:
    size = 2 * max(1, round(MARGIN * matte.shape[0])) + 1
    return np.asarray(cv2.dilate(matte, np.ones((size, size), np.uint8)) > PERSON_ABOVE)


def _gradient(image: Image) -> NDArray[np.float32]:
    """Return the length of the brightness's gradient in levels a pixel, (H, W)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    x, y = (cv2.Sobel(grey, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(x, y), np.float32)
