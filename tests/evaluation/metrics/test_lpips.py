from pathlib import Path

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import lpips as published

from headcast.evaluation.metrics.lpips import PerceptualDistance, perceptual_distance
from headcast.evaluation.metrics.openings import floor_frame
from headcast.evaluation.metrics.trunks import Trunk, alexnet, load_trunk, squeezenet, vgg16
from headcast.types import Image


@pytest.fixture(params=[squeezenet, alexnet, vgg16], ids=["squeeze", "alex", "vgg"])
def trunk(request: pytest.FixtureRequest) -> Trunk:
    """A network with seeded random weights: the formula does not depend on which."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made: Trunk = request.param()
    made.layers.requires_grad_(False)
    return made


@pytest.fixture
def judge(trunk: Trunk) -> PerceptualDistance:
    return perceptual_distance(trunk)


def published_lpips(
    trunk: Trunk, image: Image, target: Image, spatial: bool, monkeypatch: pytest.MonkeyPatch
) -> np.ndarray:
    """LPIPS as torchmetrics has it, on our trunk: it would fetch its own from torchvision."""
    monkeypatch.setattr(published, "_get_tv_model_features", lambda *_: trunk.layers)
    network = published._LPIPS(net=trunk.name, spatial=spatial)
    first, second = (torch.from_numpy(x).permute(2, 0, 1)[None] / 127.5 - 1 for x in (image, target))
    return network(first, second)[0, 0].numpy()


def test_equals_the_published_formula(
    judge: PerceptualDistance, trunk: Trunk, portrait: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, target = portrait[:200], floor_frame(portrait)[20:220]
    expected = published_lpips(trunk, image, target, False, monkeypatch).item()
    assert expected > 0.001
    assert judge.distance(image, target) == pytest.approx(expected, rel=1e-5)
    # a judge whose channels are swapped is told apart from the published one
    assert judge.distance(image[..., ::-1].copy(), target[..., ::-1].copy()) != pytest.approx(expected, rel=1e-3)


def test_map_equals_the_published_spatial_form(
    judge: PerceptualDistance, trunk: Trunk, portrait: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, target = portrait[:200], portrait[20:220]
    expected = published_lpips(trunk, image, target, True, monkeypatch)
    np.testing.assert_allclose(judge.distance_map(image, target), expected, rtol=1e-4, atol=1e-6)


def test_map_is_zero_where_nothing_differs(judge: PerceptualDistance, portrait: Image) -> None:
    changed = portrait.copy()
    changed[160:, 160:] = 255 - changed[160:, 160:]
    distances = judge.distance_map(changed, portrait)
    assert distances.shape == (256, 256)
    # the deepest layer sees 150 px around each of its positions
    assert np.abs(distances[:32, :32]).max() == 0
    assert distances[200:, 200:].mean() > 10 * distances[:128, :128].mean()
    assert judge.distance(portrait, portrait) == 0


def test_pictures_of_two_sizes_are_refused(judge: PerceptualDistance, portrait: Image) -> None:
    with pytest.raises(ValueError, match=r"of one size, not \(256, 256, 3\) and \(200, 256, 3\)"):
        judge.distance(portrait, portrait[:200])


def test_published_weights_see_blur_as_worse_than_noise_of_compression(nets: Path, portrait: Image) -> None:
    judge = perceptual_distance(load_trunk(nets / "squeezenet1_1_imagenet.safetensors"))
    blurred = np.repeat(np.repeat(portrait[::8, ::8], 8, 0), 8, 1)
    assert judge.distance(floor_frame(portrait), portrait) < 0.08 < 0.3 < judge.distance(blurred, portrait)
