"""An output and the frame it should equal in, the figures of the judges that look at pixels out.

A figure's name carries its judge and its region, such as "LPIPS-squeeze mouth".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headcast.evaluation.metrics.background import background_motion, camera_stands
from headcast.evaluation.metrics.identity import IdentityJudge, load_identity_judge
from headcast.evaluation.metrics.inception import load_inception
from headcast.evaluation.metrics.landmarks68 import LandmarkFinder68, load_landmark_finder
from headcast.evaluation.metrics.lpips import PerceptualDistance, TrunkFeatures, perceptual_distance
from headcast.evaluation.metrics.outline import edge_roughness
from headcast.evaluation.metrics.pixels import psnr, region_mean, ssim_map
from headcast.evaluation.metrics.regions import judged_regions
from headcast.evaluation.metrics.sharpness import sharpness
from headcast.evaluation.metrics.streaks import streak_share
from headcast.evaluation.metrics.trunks import load_trunk
from headcast.types import Image, Shot

SHARPNESS: Final = "sharpness"
EDGES: Final = "edge roughness"
STREAKS: Final = "streaks"
BACKGROUND: Final = "still background moves"
STILL_RING: Final = "ring (still camera)"

NEEDS: Final = {
    "perceptual": "LPIPS left out: give SqueezeNet 1.1 (--squeezenet), AlexNet or VGG16 (--lpips-net)",
    "identity": "CSIM left out: give a face-recognition network (--identity-net)",
    "feature_sets": "FID and KID left out: give SqueezeNet 1.1 (--squeezenet) or InceptionV3 (--inception)",
    "finder": "the second landmark finder's figures left out: give a 68-point network (--landmarks68)",
}


class Features(Protocol):
    """Makes the vectors of which FID and KID compare sets."""

    @property
    def name(self) -> str:
        """Return what stands beside the figures."""

    def vector(self, image: Image) -> NDArray[np.float32]:
        """Return the features (d,) of a picture."""


@dataclass(frozen=True)
class Judges:
    """The judges at hand; of each kind as many as networks were given."""

    perceptual: tuple[PerceptualDistance, ...] = ()
    identity: tuple[IdentityJudge, ...] = ()
    feature_sets: tuple[Features, ...] = ()
    finder: LandmarkFinder68 | None = None

    def missing(self) -> list[str]:
        """Say, one line each, which figures are left out and what would bring them."""
        return [line for kind, line in NEEDS.items() if not getattr(self, kind)]


def load_judges(
    squeezenet_path: Path | None = None,
    identity_paths: Sequence[Path] = (),
    landmarks68_path: Path | None = None,
    lpips_path: Path | None = None,
    inception_path: Path | None = None,
) -> Judges:
    """Load the judges from the user's files. Raises CheckpointError for a file that is not what it should be."""
    squeezenet = load_trunk(squeezenet_path) if squeezenet_path else None
    trunks = (squeezenet, load_trunk(lpips_path) if lpips_path else None)
    feature_sets = (
        TrunkFeatures(squeezenet) if squeezenet else None,
        load_inception(inception_path) if inception_path else None,
    )
    return Judges(
        tuple(perceptual_distance(trunk) for trunk in trunks if trunk),
        tuple(load_identity_judge(path) for path in identity_paths),
        tuple(network for network in feature_sets if network),
        load_landmark_finder(landmarks68_path) if landmarks68_path else None,
    )


def judge_frame(judges: Judges, output: Image, target: Shot, shot: Shot | None = None) -> dict[str, float]:
    """Judge one output against its target: LPIPS, SSIM and PSNR by region, where it was put together, and CSIM.

    With the `shot` that it was made from, what the shot shows is no streak, and still background is judged too.
    """
    distances = {judge.name: judge.distance_map(output, target.image) for judge in judges.perceptual}
    similarities = ssim_map(output, target.image)
    figures: dict[str, float] = {}
    regions = judged_regions(target.landmarks, target.matte)
    if shot and camera_stands(target, shot):
        regions[STILL_RING] = regions["ring"]
    for region, mask in regions.items():
        figures |= {f"{name} {region}": region_mean(values, mask) for name, values in distances.items()}
        figures[f"SSIM {region}"] = region_mean(similarities, mask)
        figures[f"PSNR {region}"] = psnr(output, target.image, mask)
    figures |= {f"{SHARPNESS} {region}": share for region, share in sharpness(output, target).items()}
    figures[EDGES] = edge_roughness(output, target)
    figures[STREAKS] = streak_share(output, target.image, shot.image if shot else None)
    if shot:
        figures[BACKGROUND] = background_motion(output, target, shot)
    for judge in judges.identity:
        figures[judge.name] = judge.similarity(output, target.image, target.landmarks)
    return figures
