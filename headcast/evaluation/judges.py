"""An output and the frame it should equal in, every judge's figure by name out.

A figure's name carries its judge and its region, such as "LPIPS-squeeze mouth".
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headcast.errors import FaceError
from headcast.evaluation.identity import IdentityJudge, load_identity_judge
from headcast.evaluation.landmarks68 import LandmarkFinder68, load_landmark_finder, points_68
from headcast.evaluation.lpips import LPIPS_NAME, PerceptualDistance, load_perceptual_distance
from headcast.evaluation.metrics import psnr, region_mean, ssim_map
from headcast.evaluation.openings import floor_frame, mouth_opening
from headcast.evaluation.regions import judged_regions
from headcast.face.track import find_face
from headcast.types import Image, Shot

MOUTH_ERROR: Final = "mouth opening error"


@dataclass(frozen=True)
class Judges:
    """The judges at hand; CSIM and the second landmark finder are None where their networks are not given."""

    perceptual: PerceptualDistance
    identity: IdentityJudge | None
    finder: LandmarkFinder68 | None


def load_judges(squeezenet_path: Path, identity_path: Path | None, landmarks68_path: Path | None) -> Judges:
    """Load the judges from the user's files. Raises CheckpointError for a file that is not what it should be."""
    return Judges(
        load_perceptual_distance(squeezenet_path),
        load_identity_judge(identity_path) if identity_path else None,
        load_landmark_finder(landmarks68_path) if landmarks68_path else None,
    )


def judge_frame(judges: Judges, output: Image, target: Shot) -> dict[str, float]:
    """Judge one output against its target: LPIPS, SSIM and PSNR in four regions, and CSIM."""
    distances = judges.perceptual.distance_map(output, target.image)
    similarities = ssim_map(output, target.image)
    figures = {}
    for region, mask in judged_regions(target.landmarks, target.matte).items():
        figures[f"{LPIPS_NAME} {region}"] = region_mean(distances, mask)
        figures[f"SSIM {region}"] = region_mean(similarities, mask)
        figures[f"PSNR {region}"] = psnr(output, target.image, mask)
    if judges.identity:
        figures[judges.identity.name] = judges.identity.similarity(output, target.image, target.landmarks)
    return figures


def mouth_errors(judges: Judges, output: Image, target: Shot) -> dict[str, float]:
    """Return each finder's mouth opening error in eye distances, less what the finder errs on `floor_frame`.

    It says something about frames that `mouth_opens` picks. Below the floor counts as below zero, so that the mean
    of an output as good as the target is 0.
    """
    images = (output, floor_frame(target.image), target.image)
    seen, floor, true = (_openings(judges, image, target) for image in images)
    return {
        f"{MOUTH_ERROR} ({finder})": abs(seen[finder] - true[finder]) - abs(floor[finder] - true[finder])
        for finder in true
    }


def _openings(judges: Judges, image: Image, target: Shot) -> dict[str, float]:
    """Return the mouth opening as each finder sees it; where MediaPipe finds no face, no mouth is open."""
    try:
        openings = {"MediaPipe": mouth_opening(points_68(find_face(image)))}
    except FaceError:
        openings = {"MediaPipe": 0.0}
    if judges.finder:
        openings["68 points"] = mouth_opening(judges.finder.find(image, target.landmarks))
    return openings
