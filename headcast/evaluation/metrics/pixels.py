"""Pictures or clips in, figures out that need no network: PSNR, SSIM, motion energy, shimmer, skin colour.

Pictures are RGB uint8; masks (H, W) in 0..1 say where the figure is taken.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.errors import MissingPackageError
from headcast.types import Image, Mask

try:
    from skimage.color import deltaE_ciede2000, rgb2lab
    from skimage.metrics import structural_similarity
except ImportError as error:
    raise MissingPackageError('judging needs scikit-image; run pip install "headcast[evaluate]"') from error

Clip = NDArray[np.uint8]
"""(N, H, W, 3) RGB frames in the order of time."""

STILL_BELOW: Final = 2
"""A pixel whose channels change by at most this many of 255 levels is still: noise, not motion."""


def region_mean(values: NDArray[np.float32], mask: Mask) -> float:
    """Average a map (H, W) inside a mask; NaN for an empty mask."""
    total = float(mask.sum())
    return float((values * mask).sum()) / total if total > 0 else float("nan")


def psnr(image: Image, target: Image, mask: Mask) -> float:
    """Return the peak signal-to-noise ratio inside the mask in dB; infinite for equal pictures."""
    difference = image.astype(np.float32) - target.astype(np.float32)
    mean_square = region_mean((difference**2).mean(-1), mask)
    return float(10 * np.log10(255**2 / mean_square)) if mean_square != 0 else float("inf")


def ssim_map(image: Image, target: Image) -> NDArray[np.float32]:
    """Return structural similarity at each pixel (H, W), mean over RGB (Wang et al. 2004: Gaussian window, 1.5 px)."""
    _, similarity = structural_similarity(
        image,
        target,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    mean: NDArray[np.float32] = similarity.mean(-1).astype(np.float32)
    return mean


def motion_energy(output: Clip, real: Clip, masks: NDArray[np.float32]) -> float:
    """Return the sum of the output's change over the sum of the real change inside the masks (N, H, W).

    1 is right; 0 is a frozen face, below 1 a blurred or damped one, above 1 flicker. NaN when nothing really moved.
    """
    shared = np.maximum(masks[1:], masks[:-1])
    real_change = float((_changes(real).mean(-1) * shared).sum())
    output_change = float((_changes(output).mean(-1) * shared).sum())
    return output_change / real_change if real_change > 0 else float("nan")


def shimmer(output: Clip, real: Clip) -> float:
    """Return the output's mean change, in levels of 255, on the pixels that are still in the real clip.

    NaN when the real clip has no still pixel.
    """
    still = _changes(real).max(-1) <= STILL_BELOW
    return float(_changes(output).mean(-1)[still].mean()) if still.any() else float("nan")


def skin_colour_difference(image: Image, skin: NDArray[np.bool_], other: Image, other_skin: NDArray[np.bool_]) -> float:
    """Return the CIEDE2000 difference of the median skin colours; 1 is just visible, 4 a colour cast.

    Each skin mask (H, W) belongs to its own picture. Raises ValueError when one is empty.
    """
    if not (skin.any() and other_skin.any()):
        raise ValueError("skin colour needs at least one pixel of skin in both pictures, but a mask is empty")
    first, second = np.median(rgb2lab(image[skin]), axis=0), np.median(rgb2lab(other[other_skin]), axis=0)
    return float(deltaE_ciede2000(first, second))


def _changes(clip: Clip) -> NDArray[np.float32]:
    """Return the absolute change from each frame to the next (N - 1, H, W, 3)."""
    changes: NDArray[np.float32] = np.abs(np.diff(clip.astype(np.float32), axis=0))
    return changes
