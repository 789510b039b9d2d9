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
from headcast.training.losses import weighted_sum
from headcast.training.meta import MetaLearner, contrast, one_of_each, update_average


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


def test_a_batch_in_parts_teaches_what_it_teaches_whole(batch: EpisodeBatch) -> None:
    # without the discriminator, whose spectral norms are refined at each look
    settings = {"adversarial_start": 1.0, "drop_warp": 0.5, "drop_embedding": 0.5, "adam_epsilon": 1e-5}
    whole, parts = make_learner(**settings), make_learner(num_parts=2, **settings)
    for _ in range(3):
        terms, terms_of_parts = whole.step(batch, 0.0), parts.step(batch, 0.0)
        assert terms_of_parts == pytest.approx(terms, rel=1e-4)
    torch.testing.assert_close(weights_of(parts.model.generator), weights_of(whole.model.generator), atol=1e-5, rtol=0)
    torch.testing.assert_close(parts.video_embeddings.vectors.weight, whole.video_embeddings.vectors.weight)
    with pytest.raises(ValueError, match="a batch of 4 episodes cannot be computed in 3 parts"):
        make_learner(num_parts=3).step(batch, 0.0)


def test_a_run_may_begin_with_smaller_frames(batch: EpisodeBatch) -> None:
    learner = make_learner(sizes=((0.5, 32), (0.5, 64)))
    seen: list[int] = []
    learner.model.generator.register_forward_hook(lambda _module, _inputs, output: seen.append(output.image.shape[-1]))
    for progress in (0.0, 0.49, 0.5, 1.0):
        learner.step(batch, progress)
    assert seen == [32, 32, 64, 64]


def test_feed_forward_training_has_no_match_loss(batch: EpisodeBatch) -> None:
    weights = LossWeights(pyramid=1.0, adversarial=1.0, feature_matching=1.0)
    terms = make_learner(weights=weights).step(batch, 0.5)
    assert "embedding_match" not in terms and "discriminator" in terms


def test_of_two_rows_of_a_video_the_first_counts() -> None:
    videos, embeddings = one_of_each(torch.tensor([7, 2, 7, 2, 5]), torch.arange(5.0)[:, None])
    assert videos.tolist() == [2, 5, 7] and embeddings.flatten().tolist() == [1, 4, 0]


def test_contrast_is_that_of_the_pixels_not_of_the_colours() -> None:
    target = torch.rand(2, 3, 16, 16)
    red = torch.tensor([1.0, -1.0, -1.0])[:, None, None].expand(2, 3, 16, 16)
    assert contrast(red, target) == 0
    assert contrast(0.25 * target, target).item() == pytest.approx(0.25)


def test_the_running_average() -> None:
    average, current = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    average.weight.data.fill_(1.0)
    current.weight.data.fill_(2.0)
    update_average(average, current, decay=0.9)
    assert average.weight.item() == pytest.approx(1.1)
