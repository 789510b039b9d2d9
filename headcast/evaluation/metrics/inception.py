"""A picture in, InceptionV3's pooled features out: what the published FID and KID compare."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.onnx_network import Network, load_network
from headcast.types import Image

INCEPTION_SIZE: Final = 299
NUM_FEATURES: Final = 2048


def load_inception(path: Path) -> "Inception":
    """Load the FID form of InceptionV3 as ONNX, RGB (N, 3, 299, 299) in -1..1 to (N, 2048).

    Raises CheckpointError when the file is no such network.
    """
    return Inception(load_network(path, (NUM_FEATURES,), "InceptionV3", INCEPTION_SIZE))


class Inception:
    """Features for FID and KID; `name` stands beside their figures."""

    name = "InceptionV3"

    def __init__(self, network: Network) -> None:
        self._network = network

    def vector(self, image: Image) -> NDArray[np.float32]:
        """Return the features (2048,) of a picture of any size."""
        pixels = resize_like_tensorflow(image, INCEPTION_SIZE) / np.float32(128) - 1
        features: NDArray[np.float32] = self._network(pixels.transpose(2, 0, 1)[None])[0]
        return features


def resize_like_tensorflow(image: Image, size: int) -> NDArray[np.float32]:
    """Resize to (size, size, 3) as the published FID does: bilinear, corner pixels at whole steps, no smoothing."""
    values = image.astype(np.float32)
    for axis in (0, 1):
        length = values.shape[axis]
        place = np.arange(size, dtype=np.float32) * np.float32(length / size)
        low = place.astype(int)
        high = np.minimum(low + 1, length - 1)
        share = (place - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values
