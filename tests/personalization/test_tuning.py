"""Tuning by the product's own code: what it starts from, and that frames it never saw come nearer to the person."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from headcast.cli.demo import PHOTOS
from headcast.data.episodes import resize_shot
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.networks.model import Model, build_model
from headcast.networks.presets import PRESETS
from headcast.networks.tensors import images_to_tensor
from headcast.personalization.tuning import mean_embedding, person_of, tune, tune_config
from headcast.reenact.sitter import make_sitter
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks
from headcast.types import Shot
from headcast.warping.draw import draw_landmark_image
from headcast.warping.warp import Warper

NO_NETWORKS = FeatureNetworks()


@pytest.fixture(scope="module")
def moments() -> list[Shot]:
    """Twelve moments of the astronaut (NASA, public domain) speaking, her photo warped: 64 pixels square."""
    sitter = make_sitter(PHOTOS["astronaut"]())
    driving = builtin_motion("talk", rate=Fraction(3)).landmarks[:12]
    retarget = Retargeter(sitter.shot.landmarks, find_reference(list(driving), sitter.shot.landmarks, relative=True))
    warp = Warper(sitter.shot)
    moved = [retarget(landmarks) for landmarks in driving]
    shots = [Shot(warp(points).conditioning.warped, points, sitter.shot.matte) for points in moved]
    return [resize_shot(shot, PRESETS["tiny_paper"].image_size) for shot in shots]


@pytest.fixture(scope="module")
def model() -> Model:
    built = build_model(PRESETS["tiny_paper"], seed=1)
    for network in (built.embedder, built.generator, built.discriminator):
        network.eval()
    with torch.no_grad():
        built.discriminator.blocks[-1].conv_out.bias.fill_(-1e4)  # nothing gets through: every frame scores alike
    return built


@torch.no_grad()
def draw(model: Model, generator: torch.nn.Module, parameters: torch.Tensor, shots: list[Shot]) -> torch.Tensor:
    size = model.config.image_size
    images = images_to_tensor([draw_landmark_image(shot.landmarks, size) for shot in shots])
    return generator(images, parameters.expand(len(images), -1)).image


def test_tuning_the_papers_form_on_8_shots_brings_frames_it_never_saw_nearer(moments: list[Shot], model: Model) -> None:
    shots, unseen = moments[:8], moments[8:]
    person = person_of(shots, model.config, seed=0)
    # Fresh networks learn at a high rate, and from the content alone: the discriminator knows nothing yet.
    config = replace(
        tune_config(model, person, len(shots), NO_NETWORKS, steps=60),
        learning_rate=1e-2,
        weights=LossWeights(pyramid=10.0),
        precision="f32",
    )
    tuned = tune(model, shots, person, config, NO_NETWORKS)
    true = images_to_tensor([shot.image for shot in unseen])
    fed = draw(model, model.generator, model.generator.project(mean_embedding(model, shots)).detach(), unseen)
    frames = draw(model, tuned.generator, tuned.adain_parameters, unseen)
    assert tuned.kept.share == 1.0
    assert (frames - true).abs().mean() < 0.6 * (fed - true).abs().mean()
