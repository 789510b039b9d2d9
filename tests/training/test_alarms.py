"""Each fault is planted in a learner, or in what it reads, and must raise its alarm and no other."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from headcast.networks.features import FeatureNetwork
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.alarms import step_alarms, validation_alarms
from headcast.training.config import LossWeights, training_config
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.meta import MetaLearner
from headcast.training.probes import validate
from tests.training.test_meta import make_learner

HEALTHY = {"contrast": 0.9, "discriminator": 1.2, "real_score": 0.6, "generated_score": -0.2}


class _Blind(nn.Module):
    """Sees nothing of what it is given."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: Tensor) -> Tensor:
        seen: Tensor = self.layer(torch.zeros_like(features))
        return seen


@pytest.fixture
def landmarks_alone(batch: EpisodeBatch) -> EpisodeBatch:
    return replace(batch, conditioning=batch.conditioning[:, :3])


def test_a_healthy_run_is_left_in_peace() -> None:
    assert step_alarms(HEALTHY, HEALTHY) == []
    assert step_alarms({"pyramid": 1.0, "contrast": 0.9}, {}) == []  # the discriminator has not begun


def test_one_bad_moment_is_no_alarm() -> None:
    grey = {**HEALTHY, "contrast": 0.01}
    assert step_alarms(grey, HEALTHY) == [] and step_alarms(grey, {}) == []
    assert len(step_alarms(grey, grey)) == 1


def test_collapse_to_one_colour(landmarks_alone: EpisodeBatch) -> None:
    learner = make_learner("tiny_paper")
    with torch.no_grad():
        learner.model.generator.head.bias.copy_(torch.tensor([50.0, -50.0, -50.0]))  # red, whatever comes in
    figures = learner.step(landmarks_alone, progress=0.0)
    (alarm,) = [each for each in step_alarms(figures, figures) if "discriminator" not in each]
    assert alarm.startswith("the frames collapse to one colour: 0.0% of the targets' contrast")


def test_a_discriminator_that_wins(batch: EpisodeBatch) -> None:
    always_the_same_frames = {
        "learning_rate": 1e-9,
        "drop_warp": 0.0,
        "drop_mouth_and_eyes": 0.0,
        "drop_embedding": 0.0,
    }
    learner = make_learner(
        **always_the_same_frames,
        discriminator_learning_rate=3e-3,
        augment_discriminator=False,
        num_discriminator_steps=10,
    )
    steps = [learner.step(batch, progress=0.0) for _ in range(20)]  # at this rate it wins, stumbles and wins again
    figures = min(steps, key=lambda figures: figures["discriminator"])
    (alarm,) = step_alarms(figures, figures)
    assert alarm.startswith("the discriminator dominates: its loss is 0.0")


def test_a_discriminator_that_sleeps(batch: EpisodeBatch) -> None:
    learner = make_learner()
    learner.model.discriminator.blocks[0] = _Blind(learner.model.discriminator.blocks[0])
    figures = learner.step(batch, progress=0.0)
    (alarm,) = step_alarms(figures, figures)
    assert alarm.startswith("the discriminator does not learn: real frames score +0.000 above")


class _Deaf(FeatureNetwork):
    """Cuts the gradient off, as `.data` did in a well-known reproduction."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images.detach())


def _content_gradient(kind: type[FeatureNetwork], landmarks_alone: EpisodeBatch) -> tuple[float, list[str]]:
    random = torch.Generator().manual_seed(0)
    network = kind([[(0.1 * torch.randn(4, 3, 3, 3, generator=random), torch.zeros(4))]], (0.0, 0.0, 0.0))
    config = training_config("tiny_paper", num_samples=1, weights=LossWeights(vgg19=1.0))
    model = build_model(PRESETS["tiny_paper"], seed=0)
    result = validate(model, [landmarks_alone], config, FeatureNetworks(vgg19=network))
    return result.content_gradient, [each for each in validation_alarms(result.to_dict()) if "content" in each]


def test_a_content_loss_without_gradient(landmarks_alone: EpisodeBatch) -> None:
    gradient, alarms = _content_gradient(_Deaf, landmarks_alone)
    assert gradient == 0
    assert alarms == ["a content term has no gradient with respect to the frame; check the feature networks"]
    gradient, alarms = _content_gradient(FeatureNetwork, landmarks_alone)
    assert gradient > 0 and alarms == []


def test_a_generator_that_ignores_embedding_or_landmarks(landmarks_alone: EpisodeBatch) -> None:
    def alarms_of(learner: MetaLearner) -> list[str]:
        for network in (learner.model.embedder, learner.model.generator):
            network.eval()
        result = validate(learner.model, [landmarks_alone], learner.config, learner.features)
        return validation_alarms(result.to_dict())

    learner = make_learner("tiny_paper")
    learner.model.generator.projection = _Blind(learner.model.generator.projection)
    assert "the embedding is hardly used: 0.0%, wanted 10%" in alarms_of(learner)
    learner = make_learner("tiny_paper")
    learner.model.generator.down[0] = _Blind(learner.model.generator.down[0])
    assert "the landmark image hardly moves the mouth: 0.0%, wanted 15%" in alarms_of(learner)
