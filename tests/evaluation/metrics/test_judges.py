import numpy as np
import pytest

from headcast.evaluation.metrics.judges import Judges, judge_frame, load_judges
from headcast.evaluation.metrics.lpips import perceptual_distance
from headcast.evaluation.metrics.regions import mouth_box
from headcast.evaluation.metrics.trunks import squeezenet
from headcast.types import Image, Landmarks, Shot


@pytest.fixture(scope="module")
def judges() -> Judges:
    trunk = squeezenet()
    trunk.layers.requires_grad_(False)
    return Judges((perceptual_distance(trunk),))


@pytest.fixture
def target(portrait: Image, face: Landmarks) -> Shot:
    return Shot(portrait, face, np.ones((256, 256), np.float32))


def test_an_equal_frame_has_the_best_figures(judges: Judges, target: Shot) -> None:
    figures = judge_frame(judges, target.image, target)
    assert len(figures) == 22  # three judges, six regions, two sharpnesses, edges and streaks
    for name, figure in figures.items():
        if name.endswith("ring"):  # all of this picture is the person
            assert np.isnan(figure)
            continue
        best = {"LPIPS-squeeze": 0, "SSIM": 1, "PSNR": np.inf, "sharpness": 1, "edge": 1, "streaks": 0}[name.split()[0]]
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


def test_a_judge_without_its_network_is_left_out_and_said(judges: Judges, target: Shot) -> None:
    nobody = load_judges()
    assert {name.split()[0] for name in judge_frame(nobody, target.image, target)} == {
        "SSIM",
        "PSNR",
        "sharpness",
        "edge",
        "streaks",
    }
    assert nobody.missing() == [
        "LPIPS left out: give SqueezeNet 1.1 (--squeezenet), AlexNet or VGG16 (--lpips-net)",
        "CSIM left out: give a face-recognition network (--identity-net)",
        "FID and KID left out: give SqueezeNet 1.1 (--squeezenet) or InceptionV3 (--inception)",
        "the second landmark finder's figures left out: give a 68-point network (--landmarks68)",
    ]
    assert len(judges.missing()) == 3
