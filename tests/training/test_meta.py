from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from headcast.errors import HeadcastError
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.config import LossWeights, training_config
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.meta import MetaLearner, update_average, weighted_sum


def make_learner(preset: str = "tiny", **changes: Any) -> MetaLearner:
    settings = {"precision": "f32", "warmup_steps": 0, "adversarial_start": 0.0, **changes}
    if preset == "tiny_paper":
        settings["weights"] = LossWeights(pyramid=10, adversarial=1, feature_matching=10, embedding_match=10)
    config = training_config(preset, num_samples=1000, **settings)
    model = build_model(PRESETS[preset], seed=0)
    return MetaLearner(model, 3, config, FeatureNetworks(), torch.device("cpu"))


def weights_of(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_one_step_moves_every_network_and_names_every_term(preset: str, batch: EpisodeBatch) -> None:
    learner = make_learner(preset)
    networks = (
        learner.model.embedder,
        learner.model.generator,
        learner.model.discriminator,
        learner.video_embeddings,
        learner.averaged.generator,
    )
    before = [weights_of(network) for network in networks]
    if preset == "tiny_paper":
        batch = replace(batch, conditioning=batch.conditioning[:, :3])
    terms = learner.step(batch, progress=0.5)
    assert {"pyramid", "adversarial", "feature_matching", "embedding_match", "discriminator"} <= set(terms)
    for network, old in zip(networks, before, strict=True):
        assert not torch.equal(weights_of(network), old)
    assert learner.step_count == 1


def test_it_learns_to_reconstruct_one_batch(batch: EpisodeBatch) -> None:
    learner = make_learner(learning_rate=3e-3, drop_warp=0.0, drop_mouth_and_eyes=0.0, adversarial_start=1.0)
    losses = [learner.step(batch, progress=0.0)["pyramid"] for _ in range(150)]
    assert losses[-1] < 0.8 * losses[0]


def test_before_its_start_the_discriminator_rests_and_video_embeddings_follow(batch: EpisodeBatch) -> None:
    learner = make_learner(adversarial_start=0.5)
    resting = weights_of(learner.model.discriminator)
    for _ in range(60):
        terms = learner.step(batch, progress=0.0)
    assert "discriminator" not in terms and torch.equal(weights_of(learner.model.discriminator), resting)
    embeddings = learner.model.embedder.embed_shots(batch.shots, batch.shot_landmark_images)
    assert (embeddings[1] - learner.video_embeddings(torch.tensor([1]))).abs().mean() < 0.02


def test_equal_seeds_learn_equally(batch: EpisodeBatch) -> None:
    first, second = make_learner(), make_learner()
    assert [first.step(batch, 0.5) for _ in range(3)] == [second.step(batch, 0.5) for _ in range(3)]
    assert torch.equal(weights_of(first.averaged.generator), weights_of(second.averaged.generator))


def test_a_loss_that_is_not_finite_stops_the_run_before_it_spoils_the_weights(batch: EpisodeBatch) -> None:
    learner = make_learner()
    learner.step(batch, 0.5)
    before = weights_of(learner.model.generator)
    broken = replace(batch, target=torch.full_like(batch.target, torch.nan))
    with pytest.raises(HeadcastError, match=r"the loss term '\w+' became nan at step 1; resume from the last"):
        learner.step(broken, 0.5)
    assert torch.equal(weights_of(learner.model.generator), before)


def test_the_learning_rate_climbs_and_falls(batch: EpisodeBatch) -> None:
    learner = make_learner(warmup_steps=4, final_rate_share=0.1, learning_rate=1.0, adversarial_start=1.0)
    rates = []
    for progress in (0.0, 0.0, 0.0, 0.0, 0.5, 1.0):
        learner._set_learning_rates(progress)
        rates.append(learner.optimizers["generator"].param_groups[0]["lr"])
        learner.step_count += 1
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.55, 0.1])


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    terms = {"mouth": torch.tensor(2.0), "adversarial": torch.tensor(-1.0)}
    assert weighted_sum(terms, LossWeights(mouth=3.0, adversarial=0.5, eyes=7.0)).item() == 5.5


def test_the_running_average() -> None:
    average, current = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    average.weight.data.fill_(1.0)
    current.weight.data.fill_(2.0)
    update_average(average, current, decay=0.9)
    assert average.weight.item() == pytest.approx(1.1)
