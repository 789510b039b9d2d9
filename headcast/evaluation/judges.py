"""An output and the frame it should equal in, the figures of the judges that look at pixels out.

A figure's name carries its judge and its region, such as "LPIPS-squeeze mouth".
"""

from dataclasses import dataclass
from pathlib import Path

from headcast.evaluation.identity import IdentityJudge, load_identity_judge
from headcast.evaluation.landmarks68 import LandmarkFinder68, load_landmark_finder
from headcast.evaluation.lpips import LPIPS_NAME, PerceptualDistance, load_perceptual_distance
from headcast.evaluation.metrics import psnr, region_mean, ssim_map
from headcast.evaluation.regions import judged_regions
from headcast.types import Image, Shot


@dataclass(frozen=True)
class Judges:
    """The judges at hand; None where the network of one is not given."""

    perceptual: PerceptualDistance | None
    identity: IdentityJudge | None
    finder: LandmarkFinder68 | None

    def missing(self) -> list[str]:
        """Say, one line each, which figures are left out and what would bring them."""
        needs = (
            (self.perceptual, "LPIPS, FID and KID", "SqueezeNet 1.1 (--squeezenet)"),
            (self.identity, "CSIM", "a face-recognition network (--identity-net)"),
            (self.finder, "the second landmark finder's figures", "a 68-point network (--landmarks68)"),
        )
        return [f"{figures} left out: give {network}" for judge, figures, network in needs if judge is None]


def load_judges(squeezenet_path: Path | None, identity_path: Path | None, landmarks68_path: Path | None) -> Judges:
    """Load the judges from the user's files. Raises CheckpointError for a file that is not what it should be."""
    return Judges(
        load_perceptual_distance(squeezenet_path) if squeezenet_path else None,
        load_identity_judge(identity_path) if identity_path else None,
        load_landmark_finder(landmarks68_path) if landmarks68_path else None,
    )


def judge_frame(judges: Judges, output: Image, target: Shot) -> dict[str, float]:
    """Judge one output against its target: LPIPS, SSIM and PSNR in four regions, and CSIM."""
    distances = judges.perceptual.distance_map(output, target.image) if judges.perceptual else None
    similarities = ssim_map(output, target.image)
    figures = {}
    for region, mask in judged_regions(target.landmarks, target.matte).items():
        if distances is not None:
            figures[f"{LPIPS_NAME} {region}"] = region_mean(distances, mask)
        figures[f"SSIM {region}"] = region_mean(similarities, mask)
        figures[f"PSNR {region}"] = psnr(output, target.image, mask)
    if judges.identity:
        figures[judges.identity.name] = judges.identity.similarity(output, target.image, target.landmarks)
    return figures
