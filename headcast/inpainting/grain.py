"""A filled picture in, the same with the photo's own grain in what was filled: film, canvas, a camera's noise.

What a network paints, or what passes evenly, is clean, and seen as a clean patch beside a head.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.types import Image

SIGMAS: Final = (0.7, 1.4, 2.8)  # pixels of the blurs that part grain into bands, the finest first
WINDOW: Final = 9  # pixels: so large are the places whose calm is compared
CALM: Final = 0.3  # share of the places, the calmest, that tell how strong grain is
ALIKE: Final = (0.35, 0.55)  # strength of the calmest tenth in that of the middle: structure below, all grain above
LEAST: Final = 0.4  # levels: fainter grain is not seen
FEWEST: Final = 400  # pixels on either side that tell


def add_grain(filled: Image, missing: NDArray[np.bool_]) -> None:
    """Add, in place, what lacks of grain where an image (H, W, 3) was `missing` (H, W), as strong as where it is seen.

    Of each band that is noise of the same strength and colours. The same image gets the same noise.
    """
    noise = np.random.default_rng(0).standard_normal(filled.shape, np.float32)
    picture = filled.astype(np.float32)
    added = np.zeros_like(picture)
    for sigma in SIGMAS:
        coarse, coarse_noise = (cv2.GaussianBlur(each, (0, 0), sigma) for each in (picture, noise))
        band, grain = picture - coarse, noise - coarse_noise
        (seen, alike), (own, _) = (_strength(band, where) for where in (~missing, missing))
        lacking = smoothstep(np.float64(alike), *ALIKE) * seen - own
        strengths, ways = np.linalg.eigh(lacking)
        if strengths.max() > LEAST**2:
            root = ways * np.sqrt(np.maximum(strengths, 0)) @ ways.T
            added += (grain / grain.std()) @ root.astype(np.float32)
        picture, noise = np.asarray(coarse, np.float32), np.asarray(coarse_noise, np.float32)
    if added.any():
        filled[missing] = np.clip(filled + added + 0.5, 0, 255).astype(np.uint8)[missing]


def _strength(band: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Return how strong a band (H, W, 3) is in the calmest places `where` (H, W), as its covariance (3, 3).

    And how many times as strong the calmest tenth is as the middle: grain is alike everywhere, structure is not.
    """
    size = (WINDOW, WINDOW)
    inside = cv2.erode(where.astype(np.uint8), np.ones(size, np.uint8)) > 0
    if inside.sum() < FEWEST:
        return np.zeros((3, 3)), 0.0
    energy = np.maximum(cv2.blur(np.square(band).sum(2), size), 0)
    tenth, calm, middle = np.quantile(energy[inside], (0.1, CALM, 0.5))
    places = band[inside & (energy <= calm)].astype(np.float64)
    return np.asarray(places.T @ places / len(places)), float(np.sqrt(tenth / max(middle, 1e-6)))
