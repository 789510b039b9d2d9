"""An output and the true frame in, how much sharper its mouth and eyes are out: 1 is right, below it is soft.

What is painted small and enlarged looks soft beside a sharp photo, which LPIPS hardly sees.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.regions import eye_boxes, mouth_box
from headcast.types import Box, Image, Shot

NOISE = 1.0  # squared levels of 255 a pixel, added to both: a ratio of noises says nothing


def sharpness(output: Image, target: Shot) -> dict[str, float]:
    """Return the gradient energy of an output over that of its target in "mouth" and "eyes", as a ratio of roots."""
    boxes = {"mouth": (mouth_box(target.landmarks),), "eyes": eye_boxes(target.landmarks)}
    made, true = (_gradient_energy(image) for image in (output, target.image))
    return {
        name: float(np.sqrt((_mean_in(made, own) + NOISE) / (_mean_in(true, own) + NOISE)))
        for name, own in boxes.items()
    }


def _gradient_energy(image: Image) -> NDArray[np.float32]:
    """Return the squared brightness gradient (H, W)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[-0.5, 0.0, 0.5]], np.float32)
    across, along = cv2.filter2D(grey, -1, kernel), cv2.filter2D(grey, -1, kernel.T)
    return np.asarray(np.square(across) + np.square(along), np.float32)


def _mean_in(energy: NDArray[np.float32], boxes: tuple[Box, ...]) -> float:
    """Return the mean energy in boxes, cut at the picture's borders."""
    parts = []
    for box in boxes:
        left, top = max(0, round(box.left)), max(0, round(box.top))
        parts.append(
            energy[top : max(top, round(box.top + box.height)), left : max(left, round(box.left + box.width))].ravel()
        )
    found = np.concatenate(parts)
    return float(found.mean()) if found.size else 0.0
