import numpy as np
import pytest

from headcast.evaluation.judges import MOUTH_ERROR, Judges, judge_frame, mouth_errors
from headcast.evaluation.landmarks68 import LandmarkFinder68, eye_distance, points_68
from headcast.evaluation.lpips import PerceptualDistance, _load_heads, _squeezenet
from headcast.evaluation.regions import mouth_box
from headcast.types import Image, Landmarks, Shot


@pytest.fixture(scope="module")
def judges() -> Judges:
    return Judges(PerceptualDistance(_squeezenet().requires_grad_(False), _load_heads()), None, None)


@pytest.fixture
def target(portrait: Image, face: Landmarks) -> Shot:
    return Shot(portrait, face, np.ones((256, 256), np.float32))


def test_an_equal_frame_has_the_best_figures(judges: Judges, target: Shot) -> None:
    figures = judge_frame(judges, target.image, target)
    assert len(figures) == 12  # three judges, four regions
    for name, figure in figures.items():
        best = {"LPIPS-squeeze": 0, "SSIM": 1, "PSNR": np.inf}[name.split()[0]]
        assert figure == pytest.approx(best), name


def test_a_spoilt_mouth_is_seen_in_its_own_region(judges: Judges, target: Shot) -> None:
    box = mouth_box(target.landmarks)
    output = target.image.copy()
    rows, columns = slice(int(box.top), int(box.top + box.height)), slice(int(box.left), int(box.left + box.width))
    output[rows, columns] = 128
    figures = judge_frame(judges, output, target)
    assert figures["PSNR eyes"] == np.inf and figures["SSIM eyes"] == pytest.approx(1)
    assert figures["SSIM mouth"] < figures["SSIM head"] < figures["SSIM full"] < 1
    assert figures["LPIPS-squeeze mouth"] > 1.5 * figures["LPIPS-squeeze head"] > figures["LPIPS-squeeze full"] > 0


def test_mouth_error_is_the_openings_difference_less_the_floor(judges: Judges, target: Shot) -> None:
    """A finder that reads the opening from the picture's contrast, so that what it should answer is known."""

    def network(batch: np.ndarray) -> np.ndarray:
        # a standard deviation of 0 to 255 stands for lips 0 to 1 box side apart; eyes are half a side apart
        points = np.full((68, 2), 0.5, np.float32)
        points[36:42, 0], points[42:48, 0] = 0.25, 0.75
        points[[67, 66, 65], 1] += batch.std() / 255
        return points[None]

    name = f"{MOUTH_ERROR} (68 points)"
    finder = Judges(judges.perceptual, None, LandmarkFinder68(network))
    halves = np.zeros_like(target.image)
    halves[128:] = 102
    flat = Shot(np.full_like(target.image, 51), target.landmarks, target.matte)  # its floor is itself
    assert mouth_errors(finder, flat.image, flat)[name] == pytest.approx(0, abs=0.01)
    assert mouth_errors(finder, halves, flat)[name] == pytest.approx(51 / 255 / 0.5, abs=0.02)
    # the floor softens noise, so the finder errs there; the target itself, without error, lies below the floor
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 1), np.uint8).repeat(3, axis=2)
    assert mouth_errors(finder, noise, Shot(noise, target.landmarks, target.matte))[name] < -0.05


def test_mediapipe_sees_that_a_mouth_was_covered(judges: Judges, target: Shot) -> None:
    """The astronaut smiles with open lips; an output without a face has no open mouth."""
    name = f"{MOUTH_ERROR} (MediaPipe)"
    same, gone = (
        mouth_errors(judges, target.image, target),
        mouth_errors(judges, np.full_like(target.image, 90), target),
    )
    assert same[name] <= 0 < 0.08 < gone[name]
    assert eye_distance(points_68(target.landmarks)) > 0
